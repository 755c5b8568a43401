// What a viewer was looking at outlives a reload of the page, which is what a restarted server asks of every browser.

// name: one for each thing on a page. now: what is to be kept, as JSON knows it. Answers with { found, stop }; found: what
// was kept when this page was left to be loaded again, null on one that is newly opened.
export function kept(name, now) {
  const key = `monitor-kept-${name}`;
  const leave = () => {
    try {
      sessionStorage.setItem(key, JSON.stringify({ href: location.href, value: now() }));
    } catch {
      // no storage here: the page begins as it is opened
    }
  };
  addEventListener("pagehide", leave);
  return { found: read(key), stop: () => removeEventListener("pagehide", leave) };
}

function read(key) {
  const again = performance.getEntriesByType("navigation")[0]?.type === "reload";
  try {
    const { href, value } = JSON.parse(sessionStorage.getItem(key)) ?? {};
    return again && href === location.href ? value : null;
  } catch {
    return null;
  }
}
