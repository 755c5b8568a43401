"""Where people open the dashboard."""

from monitor.assembly.site import Site
from monitor.runtime.web_address import web_address


def dashboard_address(site: Site) -> str:
    """Where people open the dashboard, for links in messages; "" where it is only reachable under an unknown port."""
    dashboard = site.settings.dashboard
    if dashboard.public_url:
        return dashboard.public_url
    return web_address(dashboard.host, dashboard.port) if dashboard.port else ""
