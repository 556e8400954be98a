"""What a provider may import: traits, schema, the plugin contract, operations, REST."""
