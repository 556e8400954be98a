"""A Plan, Events or Diagnostics in, text out."""
