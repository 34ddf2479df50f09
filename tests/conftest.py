"""What all tests share."""

import hypothesis

hypothesis.settings.register_profile("suite", deadline=None)  # A shared machine is no stopwatch.
hypothesis.settings.load_profile("suite")
