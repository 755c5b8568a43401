// Shows a board that the server has put into words: `shape` is HTML with empty cells, `cells` their contents.
// Everything in `shape` was escaped by the server; cells are set as text and never as HTML.
const THEME = "monitor-theme";

export default {
  template: '<main class="monitor" ref="root"><section class="waiting"><h1>Connecting</h1></section></main>',
  mounted() {
    this.byId = new Map();
    this.setTheme(this.savedTheme());
  },
  methods: {
    // Server call. shape: null keeps the present one. Answers with `shown`, which asks for the next.
    show(shape, cells) {
      if (shape !== null) {
        const scrolled = window.scrollY;
        const named = (name) => [...this.$refs.root.querySelectorAll("[aria-label]")].find((e) => e.ariaLabel === name);
        const focused = this.$refs.root.contains(document.activeElement) ? document.activeElement.ariaLabel : null;
        const aside = [...this.$refs.root.querySelectorAll(".scroll")].map((e) => [e.ariaLabel, e.scrollLeft]);
        this.$refs.root.innerHTML = shape;
        this.byId = new Map([...this.$refs.root.querySelectorAll("[data-cell]")].map((e) => [e.dataset.cell, e]));
        this.addThemeButton();
        window.scrollTo(0, scrolled);
        for (const [name, left] of aside) named(name)?.scrollTo(left, 0);
        if (focused) named(focused)?.focus({ preventScroll: true });
      }
      for (const [id, [text, classes, hint]] of Object.entries(cells)) {
        if (id === "tab") document.title = text;
        const element = this.byId.get(id);
        if (!element) continue;
        const before = element.textContent;
        element.className = classes;
        element.title = hint;
        if (before !== text) {
          element.textContent = text;
          if (shape === null && classes.includes("flash")) this.flash(element, before, text);
        }
      }
      this.$refs.root.dataset.ready = "yes";
      this.$emit("shown");
    },
    // Green or red for a moment: which way the number went.
    flash(element, before, after) {
      if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
      const number = (text) => Number.parseFloat(text.replace(/[^0-9.−-]/g, "").replace("−", "-"));
      const up = number(after) > number(before);
      element.animate?.([{ backgroundColor: `var(--flash-${up ? "up" : "down"})` }, {}], { duration: 700 });
    },
    savedTheme() {
      try {
        return localStorage.getItem(THEME);
      } catch {
        return null; // storage is switched off in this browser
      }
    },
    setTheme(theme) {
      if (theme) document.documentElement.dataset.theme = theme;
    },
    addThemeButton() {
      const button = document.createElement("button");
      button.className = "theme";
      button.textContent = "◐";
      button.title = "dark or light";
      button.setAttribute("aria-label", "dark or light");
      button.addEventListener("click", () => {
        const style = getComputedStyle(document.documentElement);
        const theme = style.getPropertyValue("--is-dark").trim() === "1" ? "light" : "dark";
        this.setTheme(theme);
        try {
          localStorage.setItem(THEME, theme);
        } catch {
          // the choice lasts as long as the page
        }
      });
      this.$refs.root.querySelector(".clocks")?.append(button);
    },
  },
};
