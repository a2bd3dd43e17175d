// Erasures: start one, watch its curves, take its candidate into service.
import {events, get, post, remove} from './api.js';
import {act, day, html, list, live, nothing, problem, promoted, render, say, short, state, values} from './view.js';
import {isOver, jobTable, newestFirst} from './jobs.js';
import './curves.js';

const PROFILES = ['kv', 'fast', 'paper', 'object', 'style', 'nudity'];
const CURVES = ['loss_erase', 'loss_retain', 'loss_attack', 'loss_erase_text', 'loss_text'];

async function start(event) {
  event.preventDefault();
  const form = event.target;
  const {seed, ...body} = values(form);
  const job = await act(form.closest('.panel'), () => post('/erasures', {...body, ...(seed && {seed: Number(seed)})}), job => `Erasure ${job.id} is queued.`);
  if (job) {
    location.hash = `#/erasures/${job.id}`;
  }
}

function overview({erasures, pipelines}) {
  return html`<h1>Erasures</h1>
    <div class="panel">
      <h2>Erase a concept</h2>
      <form class="fields" @submit=${start}>
        <label>Pipeline<select name="pipeline">${pipelines.map(pipeline => html`<option>${pipeline.name}</option>`)}</select></label>
        <label>Concept<input name="concept" required maxlength="200" autocomplete="off"></label>
        <label>Kind<select name="kind"><option value="">by itself</option><option>object</option><option>style</option><option>topic</option></select></label>
        <label>Profile<select name="profile">${PROFILES.map(profile => html`<option>${profile}</option>`)}</select></label>
        <label>Seed<input name="seed" type="number" min="0" step="1" placeholder="0"></label>
        <button class="primary">Erase</button>
      </form>
      <p class="hint">Training starts from the encoder that is served now and runs beside serving. Nothing is served before it is promoted.</p>
      <div class="outcome"></div>
    </div>
    ${jobTable(newestFirst(erasures), 'erasures', 'Erasures, newest first')}`;
}

/** Collects progress events into uPlot's columns. */
class Progress {

  #rows = new Map();

  add(event) {
    if (event.values && event.iteration > 0) {
      this.#rows.set(event.iteration, {...this.#rows.get(event.iteration), ...event.values});
    }
    this.last = event.phase ? event : this.last;
  }

  get series() {
    const x = [...this.#rows.keys()].sort((a, b) => a - b);
    const positive = value => value > 0 ? value : null;
    return {x, lines: CURVES.map(name => ({name, values: x.map(step => positive(this.#rows.get(step)[name]))})).filter(line => line.values.some(value => value !== null))};
  }

  get latest() {
    const steps = [...this.#rows.keys()];
    return steps.length ? this.#rows.get(Math.max(...steps)) : {};
  }
}

const number = value => value === undefined ? '–' : value >= 1000 ? Math.round(value).toLocaleString() : value.toPrecision(3);

function figures(latest) {
  return html`<table><caption>Last figures</caption><tbody>
    ${[...CURVES, 'unet_forward', 'unet_backward', 'seconds'].filter(name => latest[name] !== undefined)
      .map(name => html`<tr><th scope="row">${name.replaceAll('_', ' ')}</th><td class="number">${number(latest[name])}</td></tr>`)}</tbody></table>`;
}

function buttons(job) {
  const path = `/erasures/${encodeURIComponent(job.id)}`;
  const panel = event => event.target.closest('.panel');
  return html`<div class="actions">
    ${job.state === 'succeeded' ? html`
      <button class="primary" @click=${event => promoted(panel(event), job.result.encoder, job.request.pipeline, options => post(`${path}/promotion`, options))}>Serve the candidate …</button>
      <a href="#/evaluations?encoder=${encodeURIComponent(job.result.encoder)}&amp;concept=${encodeURIComponent(job.request.concept)}">Measure how robust it is</a>
      <a href="#/encoders/${job.result.encoder}">The encoder</a>` : nothing}
    ${isOver(job) ? nothing : html`<button class="danger" @click=${event => act(panel(event), () => remove(path), () => 'It stops at its next step.')}>Cancel</button>`}
    ${['failed', 'cancelled'].includes(job.state) ? html`<button @click=${event => act(panel(event), () => post(`${path}/resume`), () => 'It goes on from its checkpoint.')}>Resume</button>` : nothing}
  </div>`;
}

function page(job, progress) {
  const {iteration = 0, iterations = 0, phase} = progress.last ?? job.latest ?? {};
  return html`<h1>Erasure of ${job.request.concepts?.length > 1 ? list(job.request.concepts.map(each => each.concept)) : job.request.concept}</h1>
    <div class="panel">
      <dl class="facts">
        <dt>Job</dt><dd><code>${job.id}</code> ${state(job.state)}</dd>
        <dt>Pipeline</dt><dd>${job.request.pipeline}, from encoder ${job.request.from ?? 'base'}</dd>
        <dt>Method</dt><dd>${job.request.method ?? 'advunlearn'}, profile ${job.request.profile ?? 'the default'}, seed ${job.request.seed}</dd>
        <dt>Replica</dt><dd>${job.replica}; asked for ${day(job.createdAt)}${job.finishedAt ? html`, over ${day(job.finishedAt)}` : nothing}</dd>
        ${job.result ? html`<dt>Candidate</dt><dd><strong>${job.result.encoder}</strong> ${short(job.result.digest)}</dd>` : nothing}
      </dl>
      ${job.error ? html`<p class="problem">${job.error}</p>` : nothing}
      <label>Outer step ${iteration} of ${iterations}${phase ? `, ${phase}` : ''}<progress max=${iterations || 1} value=${iteration}></progress></label>
      ${buttons(job)}
      <div class="outcome"></div>
    </div>
    <h2>Curves</h2>
    <au-curves title="Losses by outer step" .series=${progress.series}></au-curves>
    ${figures(progress.latest)}`;
}

async function watch(main, signal, id) {
  const progress = new Progress();
  const path = `/erasures/${encodeURIComponent(id)}`;
  let job = await get(path, signal);
  render(page(job, progress), main);
  let drawn = 0;
  for await (const event of events(`${path}/events`, signal)) {
    progress.add(event);
    if (event.type === 'state' && event.state !== job.state) {
      job = await get(path, signal);
      say(`The erasure: ${job.state}.`);
    } else if (performance.now() - drawn < 250) {
      continue;
    }
    drawn = performance.now();
    render(page(job, progress), main);
  }
  // it may be resumed from here or elsewhere: a new stream then
  for (;;) {
    job = await get(path, signal);
    render(page(job, progress), main);
    if (!isOver(job)) {
      return watch(main, signal, id);
    }
    await new Promise(resolve => setTimeout(resolve, 3000));
    signal.throwIfAborted();
  }
}

export const title = 'Erasures';

export async function show(main, signal, id) {
  if (!id) {
    const read = async () => ({...await get('/erasures', signal), ...await get('/pipelines', signal)});
    return live(main, signal, read, overview);
  }
  try {
    return await watch(main, signal, id);
  } catch (e) {
    if (signal.aborted || e.status === 401 || e.status === 403) {
      throw e;
    }
    render(html`<h1>Erasure ${id}</h1>${problem(e)}`, main);
  }
}
