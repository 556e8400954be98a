"""A stackfile's text changed as a person would change it: comments, order, quotes and anchors stay as they are."""
