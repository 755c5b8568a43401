// Shows a page that the server has put into words: `shape` is HTML with empty cells, `cells` their contents, `charts`
// what its charts show. Everything in `shape` was escaped by the server; cells are set as text and never as HTML.
const THEME = "monitor-theme";

export default {
  template: '<main class="monitor" ref="root"><section class="waiting"><h1>Connecting</h1></section></main>',
  mounted() {
    this.byId = new Map();
    this.charts = new Map();
    this.setTheme(this.savedTheme());
    this.$refs.root.addEventListener("click", (event) => this.choose(event));
  },
  beforeUnmount() {
    for (const chart of this.charts.values()) chart.dispose();
  },
  methods: {
    // Server call. shape: null keeps the present one. Answers with `shown`, which asks for the next.
    async show(shape, cells, charts) {
      if (shape !== null) {
        const scrolled = window.scrollY;
        const named = (name) => [...this.$refs.root.querySelectorAll("[aria-label]")].find((e) => e.ariaLabel === name);
        const focused = this.$refs.root.contains(document.activeElement) ? document.activeElement.ariaLabel : null;
        const aside = [...this.$refs.root.querySelectorAll(".scroll")].map((e) => [e.ariaLabel, e.scrollLeft]);
        for (const chart of this.charts.values()) chart.dispose();
        this.charts.clear();
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
      for (const [id, [kind, past, tip]] of Object.entries(charts)) await this.showChart(id, kind, past, tip);
      this.$refs.root.dataset.ready = "yes";
      this.$emit("shown");
    },
    async showChart(id, kind, past, tip) {
      if (!this.charts.has(id)) {
        const element = this.$refs.root.querySelector(`[data-chart="${CSS.escape(id)}"]`);
        if (!element) return;
        const { chart } = await import("monitor-charts");
        this.charts.set(id, await chart(element, kind));
      }
      this.charts.get(id).show(past, tip);
    },
    // A link with data-choose is another choice on this page: the address changes, the page stays.
    choose(event) {
      const link = event.target.closest("a[data-choose]");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
      event.preventDefault();
      history.replaceState(null, "", link.href);
      this.$emit("choose", link.getAttribute("href"));
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
