"""What operators rely on: onboarding, keys, isolation between companies, signals."""
