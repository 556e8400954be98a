"""The stackfile language: text in, a bound configuration or diagnostics out."""
