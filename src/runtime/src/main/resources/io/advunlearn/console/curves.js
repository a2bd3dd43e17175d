// <au-curves>: lines over outer steps, by uPlot. A table of the last values stands beside it for those who cannot see it.
import uPlot from './lib/uPlot.esm.js';

const COLOURS = ['#0550ae', '#a40e26', '#116329', '#7d4e00', '#6639ba', '#1b7c83'];
const HEIGHT = 260;
const PADDING = 16;

const tick = value => value === null ? '' : value >= 0.01 ? `${value}` : value.toExponential(0);

class Curves extends HTMLElement {

  #plot;
  #names = '';
  #series;
  #resize = new ResizeObserver(() => this.#plot?.setSize({width: this.#width(), height: HEIGHT}));

  connectedCallback() {
    this.setAttribute('role', 'img');
    this.#resize.observe(this);
    this.#draw();
  }

  disconnectedCallback() {
    this.#resize.disconnect();
    this.#plot?.destroy();
    this.#plot = undefined;
  }

  #width() {
    return Math.max(280, this.clientWidth - PADDING);
  }

  /** @param series {x: [step], lines: [{name, values}]}; a line's missing values are null */
  set series(series) {
    this.#series = series;
    // a template sets this before it puts the element into the page
    if (this.isConnected) {
      this.#draw();
    }
  }

  #draw() {
    const series = this.#series;
    if (!series) {
      return;
    }
    const names = series.lines.map(line => line.name).join();
    const data = [series.x, ...series.lines.map(line => line.values)];
    this.setAttribute('aria-label', `${this.title || 'Curves'}: ${series.lines.map(line => line.name).join(', ') || 'no values yet'}`);
    if (this.#plot && names === this.#names) {
      this.#plot.setData(data);
      return;
    }
    this.#plot?.destroy();
    this.#names = names;
    this.#plot = new uPlot({
      width: this.#width(), height: HEIGHT,
      scales: {x: {time: false}, y: {distr: 3}},
      axes: [{label: 'outer step'}, {label: 'loss (log)', size: 70, values: (plot, ticks) => ticks.map(tick)}],
      series: [{label: 'step'}, ...series.lines.map((line, i) => ({label: line.name, stroke: COLOURS[i % COLOURS.length], width: 2, dash: i < 3 ? [] : [6, 4], spanGaps: true}))],
    }, data, this);
  }
}

customElements.define('au-curves', Curves);
