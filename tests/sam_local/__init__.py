"""The functions in Lambda's containers, by SAM local; needs Docker."""
