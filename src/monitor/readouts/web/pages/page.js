// Shows a page that the server has put into words: `shape` is HTML with empty cells, `cells` their contents, `charts`
// what its charts show. Everything in `shape` was escaped by the server; cells are set as text and never as HTML.
import { fadeLater, fill, selection } from "monitor-browser/cells.js";
import { connection } from "monitor-browser/connection.js";
import { forms } from "monitor-browser/forms.js";
import { keyboard } from "monitor-browser/keys.js";
import { morph } from "monitor-browser/morph.js";
import { notices } from "monitor-browser/notices.js";
import { pictures } from "monitor-browser/pictures.js";
import { place } from "monitor-browser/place.js";
import { printing } from "monitor-browser/printing.js";

// What stands behind the `#` of an address; "" where it is nothing that can be read.
function named(hash) {
  try {
    return decodeURIComponent(hash.slice(1));
  } catch {
    return "";
  }
}

export default {
  template: '<div class="monitor" ref="root"><section class="waiting"><h1>Connecting</h1></section></div>',
  async mounted() {
    this.byId = new Map();
    this.charts = new Map();
    const root = this.$refs.root;
    root.addEventListener("click", (event) => this.clicked(event));
    const restyle = () => this.eachChart((chart) => chart.restyle());
    const seen = () => document.hidden || this.$emit("looked");
    addEventListener("look", restyle);
    document.addEventListener("visibilitychange", seen);
    const mute = keyboard(root, (key) => this.act(root.querySelector(`[data-keys~="${CSS.escape(key)}"]`)));
    const release = forms(root, (href) => this.choose(href));
    const unprint = printing(() => this.printCharts());
    root.addEventListener("zoomed", ({ target, detail }) => this.told(target.dataset.chart, detail));
    this.announce = notices(root);
    pictures(root);
    this.sought = location.hash;
    this.place = place();
    this.leave = () => {
      mute();
      release();
      unprint();
      this.place.stop();
      removeEventListener("look", restyle);
      document.removeEventListener("visibilitychange", seen);
    };
    await this.$nextTick(); // the socket is made when all is mounted
    this.heard = connection(root, socket);
    socket.on("page", (push) => this.receive(push));
  },
  beforeUnmount() {
    this.leave();
    this.eachChart((chart) => chart.dispose());
  },
  methods: {
    // From the server, counted as NiceGUI counts its own messages: what comes again after a reconnect is not shown twice.
    receive({ _id, shape, cells, charts }) {
      if (_id < nextMessageId) return;
      nextMessageId = _id + 1;
      this.heard();
      this.show(shape, cells, charts);
    },
    // shape: null keeps the present one. Answers with `shown`, which asks for the next.
    async show(shape, cells, charts) {
      const selectAgain = selection(); // asked before anything is changed: afterwards the answer costs a layout
      if (shape !== null) this.reshape(shape);
      const marked = [];
      for (const [id, cell] of Object.entries(cells)) {
        if (id === "tab") document.title = cell[0];
        const element = this.byId.get(id);
        if (element && fill(element, cell, this.ready)) marked.push(element);
      }
      selectAgain();
      fadeLater(marked);
      this.ready = true;
      if (shape !== null) this.seek();
      if (shape !== null) this.place.seek();
      this.announce();
      for (const [id, [kind, past, tip]] of Object.entries(charts)) await this.showChart(id, kind, past, tip);
      if (!this.$refs.root.dataset.ready) this.$refs.root.dataset.ready = "yes";
      this.$emit("shown", document.hidden);
    },
    reshape(shape) {
      const wanted = document.createElement("template");
      wanted.innerHTML = shape;
      const root = this.$refs.root;
      morph(root, wanted.content);
      if (!this.ready) root.querySelector(".pages [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
      this.byId = new Map([...root.querySelectorAll("[data-cell]")].map((e) => [e.dataset.cell, e]));
      for (const [id, chart] of this.charts) {
        if (chart.element.isConnected) continue;
        chart.dispose();
        this.charts.delete(id);
      }
    },
    // A chart that cannot be drawn leaves its place empty and the rest of the page alive.
    async showChart(id, kind, past, tip) {
      const element = this.$refs.root.querySelector(`[data-chart="${CSS.escape(id)}"]`);
      if (!element) return;
      try {
        if (!this.charts.has(id)) {
          const { chart } = await import("monitor-charts");
          this.charts.set(id, { element, ...(await chart(element, kind)) });
        }
        this.charts.get(id).show(past, tip);
      } catch (error) {
        console.error(`chart ${id}:`, error);
      }
    },
    eachChart(what) {
      for (const [id, chart] of this.charts) {
        try {
          what(chart);
        } catch (error) {
          console.error(`chart ${id}:`, error);
        }
      }
    },
    // Answers with a function that takes the prints away.
    printCharts() {
      const prints = [];
      this.eachChart((chart) => prints.push(chart.print()));
      return () => prints.forEach((undo) => undo());
    },
    // Beside the buttons of a chart: which part of it is seen, "" for all.
    told(chart, words) {
      const output = this.$refs.root.querySelector(`[data-zooms="${CSS.escape(chart)}"] output`);
      if (output) output.textContent = words;
    },
    clicked(event) {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
      const link = event.target.closest("a[data-choose]");
      if (link) {
        event.preventDefault();
        this.choose(link.getAttribute("href"));
      } else if (event.target.closest("[data-act]")) this.act(event.target.closest("[data-act]"));
    },
    // A link with data-choose is another choice on this page: the address changes, the page stays.
    choose(href) {
      history.replaceState(history.state, "", href);
      this.sought = new URL(href, location.href).hash;
      this.$emit("choose", href);
    },
    // Once the part of the page that the address names is there: into view, and the focus into its first field.
    seek() {
      const found = document.getElementById(named(this.sought));
      if (!found) return;
      this.sought = "";
      found.scrollIntoView({ block: "nearest" });
      found.querySelector("[data-first]")?.focus({ preventScroll: true });
    },
    // What a button or a key does here; answers whether there was something to do.
    act(element) {
      if (element?.dataset.act === "theme") look.nextTheme();
      else if (element?.dataset.act === "palette") look.nextPalette();
      else if (element?.dataset.act === "keys") this.$refs.root.querySelector("#keys").togglePopover();
      else if (element?.dataset.act === "zoom") this.charts.get(element.closest("[data-zooms]").dataset.zooms)?.step(element.value);
      else if (element?.nodeName === "A") element.click();
      else return false;
      return true;
    },
  },
};
