"""Where people open the dashboard."""

from monitor.assembly.site import Site


def dashboard_address(site: Site) -> str:
    """Where people open the dashboard, for links in messages; "" where it is only reachable under an unknown port."""
    dashboard = site.settings.dashboard
    if dashboard.public_url:
        return dashboard.public_url
    return f"http://{dashboard.host}:{dashboard.port}" if dashboard.port else ""
