"""Shipped tools for tests of providers and stores: conformance, faults, suites."""
