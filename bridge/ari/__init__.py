"""Asterisk: typed client, event translation, adapter, rescue by AMI; its installation, configuration and process."""
