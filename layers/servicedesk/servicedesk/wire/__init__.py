"""HTTP as API Gateway hands it over: requests, answers, media types, JSON, XML, and problem documents."""
