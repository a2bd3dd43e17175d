// Pipelines: what each serves, and the plug.
import {get, post, put} from './api.js';
import {day, html, list, live, nothing, promoted, rolledBack, short} from './view.js';

async function read(signal) {
  const [{pipelines}, {encoders}] = await Promise.all([get('/pipelines', signal), get('/encoders', signal)]);
  const served = await Promise.all(pipelines.map(async pipeline => ({
    ...pipeline,
    textEncoder: pipeline.ready ? await get(`/pipelines/${encodeURIComponent(pipeline.name)}/text-encoder`, signal) : null,
  })));
  return {pipelines: served, encoders};
}

const path = (pipeline, more) => `/pipelines/${encodeURIComponent(pipeline)}/text-encoder${more}`;

function facts(active, heading) {
  return html`
    <dt>${heading}</dt><dd><strong>${active.encoder}</strong>, generation ${active.generation}, ${short(active.digest)}</dd>
    <dt>It has erased</dt><dd>${list(active.erasures)}</dd>
    <dt>Kept for rollback</dt><dd>${active.previous ?? 'nothing'}</dd>`;
}

function warnings(pipeline, active, desired) {
  return html`
    ${active?.unavailable ? html`<p class="problem">Requests are refused: ${active.unavailable}</p>` : nothing}
    ${active?.weakened ? html`<p class="note">An administrator lets it serve below the floor.</p>` : nothing}
    ${active?.swapping ? html`<p class="note">A swap is running.</p>` : nothing}
    ${active && desired && desired.generation !== active.generation
      ? html`<p class="note">The registry wants ${desired.encoder}, generation ${desired.generation}; this replica serves generation ${active.generation}.</p>` : nothing}`;
}

function swapForm(pipeline, active, encoders) {
  const swap = event => {
    event.preventDefault();
    const encoder = new FormData(event.target).get('encoder');
    promoted(event.target.closest('.panel'), encoder, pipeline.name, options => put(path(pipeline.name, ''), {encoder, ...options}));
  };
  const back = event => rolledBack(event.target.closest('.panel'), pipeline.name, options => post(path(pipeline.name, '/rollback'), options));
  return html`<form class="actions" @submit=${swap}>
    <label>Encoder<select name="encoder">${['base', ...encoders.map(encoder => encoder.id)].map(id => html`<option value=${id}>${id}</option>`)}</select></label>
    <button class="primary">Serve it …</button>
    <button type="button" @click=${back}>Roll back …</button>
  </form>`;
}

function panel(pipeline, encoders) {
  const active = pipeline.textEncoder?.active;
  const second = pipeline.textEncoder?.active_text_encoder_2;
  return html`<li class="panel"><section aria-label="Pipeline ${pipeline.name}">
    <h2>${pipeline.name} ${pipeline.ready ? html`<span class="badge good">ready</span>` : html`<span class="badge bad">not ready</span>`}</h2>
    ${pipeline.notReady ? html`<p class="problem">${pipeline.notReady}</p>` : nothing}
    ${warnings(pipeline, active, pipeline.desired)}
    <dl class="facts">
      ${active ? facts(active, 'Serves') : nothing}
      ${second ? facts(second, 'Second encoder') : nothing}
      <dt>Floor</dt><dd>${list(pipeline.requiredErasures)}${pipeline.enforce ? '' : ' (not enforced)'}</dd>
      <dt>Image, device</dt><dd>${pipeline.size ?? '–'} on ${pipeline.device}</dd>
      ${pipeline.desired ? html`<dt>Changed</dt><dd>${day(pipeline.desired.changedAt)} by ${pipeline.desired.changedBy}</dd>` : nothing}
    </dl>
    ${active ? swapForm(pipeline, active, encoders) : nothing}
    <div class="outcome"></div>
  </section></li>`;
}

export const title = 'Pipelines';

export const show = (main, signal) => live(main, signal, () => read(signal),
    ({pipelines, encoders}) => html`<h1>Pipelines</h1><ul class="panels">${pipelines.map(pipeline => panel(pipeline, encoders))}</ul>`);
