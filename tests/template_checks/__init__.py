"""The template as SAM translates it: roles, gateway, data, alarms, release."""
