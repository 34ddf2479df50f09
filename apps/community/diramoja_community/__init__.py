"""The assembled community platform: picks plugins and adapters from a deployment file, and runs them by role."""
