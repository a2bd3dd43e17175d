// Encoders: where each comes from, and what was measured of it.
import {get, put, remove} from './api.js';
import {act, day, html, list, live, nothing, promoted, rate, short, values} from './view.js';

/** Verdicts of an encoder: its evaluations that are done. */
const verdicts = (encoder, evaluations) => evaluations.filter(job => job.request.encoder === encoder && job.state === 'succeeded');

/** The attack that got furthest, by the upper end of its interval. */
function worst(job) {
  const rates = Object.entries(job.result?.attack_success_rates ?? {}).filter(([, value]) => value.trials);
  rates.sort(([, a], [, b]) => b.high - a.high);
  return rates[0];
}

function verdict(job) {
  const found = worst(job);
  return html`<li><a href="#/evaluations/${job.id}">${job.request.concept}</a>: ${found ? html`worst attack ${found[0]} ${rate(found[1])}` : 'no attack'}</li>`;
}

function branch(encoder, children, evaluations) {
  const below = children.get(encoder.id) ?? [];
  return html`<li>
    <a href="#/encoders/${encoder.id}">${encoder.id}</a> <span class="muted">${encoder.method}; erased ${list(encoder.erasures)}</span>
    ${verdicts(encoder.id, evaluations).length ? html`<ul aria-label="Verdicts on ${encoder.id}">${verdicts(encoder.id, evaluations).map(verdict)}</ul>` : nothing}
    ${below.length ? html`<ul aria-label="Trained from ${encoder.id}">${below.map(child => branch(child, children, evaluations))}</ul>` : nothing}
  </li>`;
}

function tree({encoders, evaluations}) {
  const known = new Set(encoders.map(encoder => encoder.id));
  const children = new Map();
  for (const encoder of encoders) {
    const parent = known.has(encoder.parent) ? encoder.parent : 'base';
    children.set(parent, [...children.get(parent) ?? [], encoder]);
  }
  const base = {id: 'base', method: "the model's own encoder", erasures: []};
  return html`<h1>Encoders</h1>
    <p class="muted">Each below the one it was trained from.</p>
    <ul class="tree">${branch(base, children, evaluations)}</ul>`;
}

const read = async signal => {
  const [{encoders}, {evaluations}] = await Promise.all([get('/encoders', signal), get('/evaluations', signal)]);
  return {encoders, evaluations};
};

function lineage(manifest) {
  return html`<table><caption>What its lineage erased, oldest first</caption>
    <thead><tr><th scope="col">Concept</th><th scope="col">Kind</th><th scope="col">Method</th><th scope="col">Settings</th><th scope="col" class="number">Seed</th></tr></thead>
    <tbody>${(manifest.lineage ?? []).map(entry => html`<tr><th scope="row">${entry.concept}</th><td>${entry.kind ?? '–'}</td><td>${entry.method ?? '–'}</td>
      <td>${short(entry.settings)}</td><td class="number">${entry.seed ?? '–'}</td></tr>`)}</tbody></table>`;
}

function labels(manifest) {
  const path = key => `/encoders/${encodeURIComponent(manifest.id)}/labels/${encodeURIComponent(key)}`;
  const set = async event => {
    event.preventDefault();
    const form = event.target;
    const {key, value} = values(form);
    if (await act(form.closest('.panel'), () => put(path(key), {value: value ?? ''}), () => `${manifest.id} is labelled ${key}=${value ?? ''}.`)) {
      form.reset();
    }
  };
  const take = (event, key) => act(event.target.closest('.panel'), () => remove(path(key)), () => `The label ${key} of ${manifest.id} is gone.`);
  const all = Object.entries(manifest.labels ?? {});
  return html`<section class="panel labels" aria-label="Labels">
    <table><caption>Labels, which change nothing in the encoder; keep=true protects it from deletion</caption>
      <thead><tr><th scope="col">Key</th><th scope="col">Value</th><th scope="col">Change</th></tr></thead>
      <tbody>${all.map(([key, value]) => html`<tr><th scope="row">${key}</th><td>${value}</td>
        <td><button aria-label="Remove the label ${key}" @click=${event => take(event, key)}>Remove</button></td></tr>`)}
      ${all.length ? nothing : html`<tr><td colspan="3">None.</td></tr>`}</tbody></table>
    <form class="actions" @submit=${set}>
      <label>Key<input name="key" required maxlength="64" autocomplete="off"></label>
      <label>Value<input name="value" maxlength="200" autocomplete="off"></label>
      <button>Set the label</button>
    </form>
    <div class="outcome"></div>
  </section>`;
}

function page({manifest, evaluations, pipelines}) {
  const promote = event => {
    event.preventDefault();
    const pipeline = new FormData(event.target).get('pipeline');
    promoted(event.target.closest('.panel'), manifest.id, pipeline,
        options => put(`/pipelines/${encodeURIComponent(pipeline)}/text-encoder`, {encoder: manifest.id, ...options}));
  };
  const found = verdicts(manifest.id, evaluations);
  return html`<h1>Encoder ${manifest.id}</h1>
    <div class="panel">
      <dl class="facts">
        <dt>Architecture</dt><dd>${manifest.architecture}</dd>
        <dt>Digest</dt><dd><code>${manifest.digest}</code></dd>
        <dt>Trained from</dt><dd>${manifest.parent ? html`<a href="#/encoders/${manifest.parent}">${manifest.parent}</a>` : 'base'}</dd>
        <dt>Erased</dt><dd>${list(manifest.erasures)}</dd>
        <dt>Registered</dt><dd>${day(manifest.createdAt)}, ${manifest.method}</dd>
        <dt>Tensors</dt><dd>${Object.keys(manifest.tensors).length}</dd>
      </dl>
      <form class="actions" @submit=${promote}>
        <label>Pipeline<select name="pipeline">${pipelines.map(each => html`<option>${each.name}</option>`)}</select></label>
        <button class="primary">Serve it there …</button>
        <a href="#/evaluations?encoder=${encodeURIComponent(manifest.id)}">Measure it</a>
        <a href="#/gallery?encoder=${encodeURIComponent(manifest.id)}">Look at its pictures</a>
      </form>
      <div class="outcome"></div>
    </div>
    ${labels(manifest)}
    ${lineage(manifest)}
    <h2>Verdicts</h2>
    ${found.length ? html`<ul>${found.map(verdict)}</ul>` : html`<p>Nobody has measured how robust it is.</p>`}`;
}

export const title = 'Encoders';

export const show = (main, signal, id) => id && id !== 'base'
    ? live(main, signal, async () => ({
      ...await read(signal), manifest: await get(`/encoders/${encodeURIComponent(id)}`, signal), pipelines: (await get('/pipelines', signal)).pipelines,
    }), page)
    : live(main, signal, () => read(signal), tree);
