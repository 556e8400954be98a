"""stackfile: Terraform for sources, destinations, pipelines and streams."""

__version__ = "0.1.0"
