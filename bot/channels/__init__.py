"""Ways to a person besides the app message: the duty group's robot, and a generic SMS or voice gateway over HTTP.

A channel never replaces the app message of an officer; it runs beside it for the worst matters (practice.md §2.2), or takes over
where WeCom refuses. Each message is a row of its own, so what was tried, when and what came back is on its attempts.
"""
