"""Durable generation jobs."""
