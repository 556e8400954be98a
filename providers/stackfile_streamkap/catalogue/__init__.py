"""What Streamkap's connectors take, as data: keys with type, default and rules, and what is made of them.

The facts were taken mechanically from the schemas of github.com/streamkap-com/terraform-provider-streamkap (commit
9b9e30b, 3.0.0-beta.24, 2026-07-02). They may lag behind the service, so what is not in them is no error.
"""
