// The look that a viewer has chosen, kept in his browser: `theme` light or dark, none for that of the system; `palette`
// which colours rise and fall. Runs before the first paint; the style sheets read both from the root element.
globalThis.look = {
  THEMES: ["system", "light", "dark"],
  PALETTES: ["green-up", "red-up", "blue-up"],
  chosen(name, all) {
    try {
      const kept = localStorage.getItem(`monitor-${name}`);
      return all.includes(kept) ? kept : all[0];
    } catch {
      return document.documentElement.dataset[name] ?? all[0]; // no storage here: the choice lasts as long as the page
    }
  },
  theme: () => look.chosen("theme", look.THEMES),
  palette: () => look.chosen("palette", look.PALETTES),
  choose(name, value) {
    document.documentElement.dataset[name] = value;
    try {
      localStorage.setItem(`monitor-${name}`, value);
    } catch {
      // the choice lasts as long as the page
    }
    dispatchEvent(new Event("look"));
  },
  // From the system's own to the other one first, so that every press changes something.
  nextTheme() {
    const themes = matchMedia("(prefers-color-scheme: dark)").matches ? look.THEMES : [look.THEMES[0], "dark", "light"];
    look.choose("theme", look.after(themes, look.theme()));
  },
  nextPalette: () => look.choose("palette", look.after(look.PALETTES, look.palette())),
  after: (all, now) => all[(all.indexOf(now) + 1) % all.length],
};
document.documentElement.dataset.theme = look.theme();
document.documentElement.dataset.palette = look.palette();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => dispatchEvent(new Event("look")));
addEventListener("storage", (event) => {
  if (event.key === "monitor-theme") document.documentElement.dataset.theme = look.theme();
  if (event.key === "monitor-palette") document.documentElement.dataset.palette = look.palette();
  dispatchEvent(new Event("look"));
});
