// Routes: whose requests other encoders draw than the pipeline's.
import {get, put, remove} from './api.js';
import {act, confirmed, encoderChoice, html, live, nothing, OVERRIDE, short, values} from './view.js';

const CANARY = '*';

const path = (pipeline, name) => `/pipelines/${encodeURIComponent(pipeline)}/routes/${encodeURIComponent(name)}`;

const percents = share => `${Number((share * 100).toFixed(2))} %`;

const whose = name => name === CANARY ? 'a share of all others' : `tenant ${name}`;

async function set(event, pipeline, name, body) {
  const place = event.target.closest('.panel');
  const share = body.share === undefined ? '' : ` (${percents(body.share)})`;
  const options = await confirmed(`Send ${whose(name)} to ${body.encoder}`,
      html`<p>In pipeline <strong>${pipeline}</strong> the requests of <strong>${whose(name)}</strong>${share} will be drawn by <strong>${body.encoder}</strong>, in every replica.
        It must meet the floor; nothing can send requests below it.</p>`, OVERRIDE);
  return options && act(place, () => put(path(pipeline, name), {...body, ...options}),
      route => `${whose(name)} of ${pipeline}: ${route.encoder}${route.unavailable ? `, but ${route.unavailable}` : ''}.`);
}

async function end(event, pipeline, name) {
  const place = event.target.closest('.panel');
  const options = await confirmed('Remove the route', html`<p>In pipeline <strong>${pipeline}</strong> the requests of <strong>${whose(name)}</strong> will be drawn by the pipeline's own encoder.</p>`);
  return options && act(place, () => remove(path(pipeline, name)), () => `${whose(name)} of ${pipeline}: back at the pipeline's encoder.`);
}

function table(pipeline, routes) {
  return html`<div class="scroll"><table><caption>Routes of ${pipeline.name}</caption>
    <thead><tr><th scope="col">Whose requests</th><th scope="col" class="number">Share</th><th scope="col">Encoder</th><th scope="col">Digest</th><th scope="col">State</th><th scope="col">Change</th></tr></thead>
    <tbody>${Object.values(routes).map(route => html`<tr>
      <th scope="row">${whose(route.tenant)}</th>
      <td class="number">${route.share === undefined ? 'all' : percents(route.share)}</td>
      <td>${route.encoder}${route.text_encoder_2 ? `, ${route.text_encoder_2}` : nothing}</td><td>${short(route.digest)}</td>
      <td>${route.unavailable ? html`<span class="badge bad">refused</span> ${route.unavailable}` : html`<span class="badge good">served</span>`}</td>
      <td><button aria-label="Remove the route of ${whose(route.tenant)}" @click=${event => end(event, pipeline.name, route.tenant)}>Remove …</button></td></tr>`)}
    ${Object.keys(routes).length ? nothing : html`<tr><td colspan="6">None: the pipeline's encoder draws for everybody.</td></tr>`}</tbody></table></div>`;
}

function panel(pipeline, encoders) {
  const tenant = event => {
    event.preventDefault();
    const {name, encoder} = values(event.target);
    set(event, pipeline.name, name, {encoder});
  };
  const canary = event => {
    event.preventDefault();
    const {share, encoder} = values(event.target);
    set(event, pipeline.name, CANARY, {encoder, share: Number(share) / 100});
  };
  return html`<section class="panel" aria-label="Routes of ${pipeline.name}">
    <h2>${pipeline.name}</h2>
    ${pipeline.routes ? html`${table(pipeline, pipeline.routes.routes)}
      <form class="actions" @submit=${tenant}>
        <label>Tenant<input name="name" required maxlength="64" autocomplete="off"></label>
        <label>Encoder of the tenant${encoderChoice('encoder', encoders)}</label>
        <button class="primary">Route the tenant …</button>
      </form>
      <form class="actions" @submit=${canary}>
        <label>Share of all others, per cent<input name="share" type="number" required min="0.01" max="100" step="any" value="10"></label>
        <label>Encoder of the share${encoderChoice('encoder', encoders)}</label>
        <button class="primary">Route the share …</button>
      </form>` : html`<p class="problem">${pipeline.notReady}</p>`}
    <div class="outcome"></div>
  </section>`;
}

async function read(signal) {
  const [{pipelines}, {encoders}] = await Promise.all([get('/pipelines', signal), get('/encoders', signal)]);
  const routed = await Promise.all(pipelines.map(async pipeline => ({
    ...pipeline, routes: pipeline.size ? await get(`/pipelines/${encodeURIComponent(pipeline.name)}/routes`, signal) : null,
  })));
  return {pipelines: routed, encoders};
}

export const title = 'Routes';

export const show = (main, signal) => live(main, signal, () => read(signal), ({pipelines, encoders}) => html`<h1>Routes</h1>
  <p class="muted">Who a client is decides which encoder draws for it. Of clients without a route a share may try another encoder; the same identity always falls on the same side.</p>
  ${pipelines.map(pipeline => panel(pipeline, encoders))}`);
