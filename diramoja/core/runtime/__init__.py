"""The runtime: workers that own partitions and run turns, jobs, views, dispatch and live channels."""
