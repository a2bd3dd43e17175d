// Evaluations: start one, read its verdict, look at its pictures.
import {blob, events, get, post, remove} from './api.js';
import {act, day, html, live, nothing, problem, rate, render, say, state, values} from './view.js';
import {isOver, jobTable, newestFirst} from './jobs.js';

const BUDGETS = ['demo', 'standard', 'full'];

async function start(event) {
  event.preventDefault();
  const {seed, ...body} = values(event.target);
  const job = await act(event.target.closest('.panel'), () => post('/evaluations', {...body, ...(seed && {seed: Number(seed)})}), job => `Evaluation ${job.id} is queued.`);
  if (job) {
    location.hash = `#/evaluations/${job.id}`;
  }
}

function overview({evaluations, encoders, pipelines}, asked) {
  return html`<h1>Evaluations</h1>
    <div class="panel">
      <h2>Attack an encoder</h2>
      <form class="fields" @submit=${start}>
        <label>Pipeline<select name="pipeline">${pipelines.map(pipeline => html`<option>${pipeline.name}</option>`)}</select></label>
        <label>Encoder<select name="encoder">${['base', ...encoders.map(encoder => encoder.id)].map(id => html`<option ?selected=${id === asked.get('encoder')}>${id}</option>`)}</select></label>
        <label>Concept<input name="concept" required maxlength="200" value=${asked.get('concept') ?? ''} autocomplete="off"></label>
        <label>Kind<select name="kind"><option value="">by itself</option><option>object</option><option>style</option></select></label>
        <label>Budget<select name="profile">${BUDGETS.map(budget => html`<option>${budget}</option>`)}</select></label>
        <label>Seed<input name="seed" type="number" min="0" step="1" placeholder="0"></label>
        <button class="primary">Attack</button>
      </form>
      <div class="outcome"></div>
    </div>
    ${jobTable(newestFirst(evaluations), 'evaluations', 'Evaluations, newest first')}`;
}

function attacks(report) {
  return html`<div class="scroll"><table><caption>How often an attack still reaches “${report.request.concept}”: per cent of images in which every judge sees it, with 95 % intervals</caption>
    <thead><tr><th scope="col">Attack</th><th scope="col" class="number">${report.encoderName}</th><th scope="col" class="number">Original encoder</th>
      <th scope="col" class="number">Images</th><th scope="col" class="number">Seconds</th></tr></thead>
    <tbody>${report.attacks.map(attack => html`<tr><th scope="row">${attack.name} ${attack.whiteBox ? html`<span class="badge">white-box</span>` : nothing}
      ${attack.reduced ? html`<span class="badge warn">reduced budget</span>` : nothing}</th>
      <td class="number">${rate(attack.rate)}</td><td class="number">${rate(attack.original)}</td>
      <td class="number">${attack.cost.images}</td><td class="number">${attack.cost.seconds.toFixed(1)}</td></tr>`)}</tbody></table></div>`;
}

function verdict(report) {
  const verdict = report.verdict;
  return verdict == null ? nothing : html`<p class=${verdict.passed ? 'note' : 'problem'}>${verdict.passed ? 'The gates hold.' : 'The gates do not hold.'}</p>`;
}

function page(job, progress, picture) {
  const path = `/evaluations/${encodeURIComponent(job.id)}`;
  const save = async event => {
    const url = URL.createObjectURL(await blob(`${path}/report.html`));
    const link = Object.assign(document.createElement('a'), {href: url, download: `${job.id}.html`});
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  };
  return html`<h1>Evaluation of ${job.request.encoder ?? 'base'} on ${job.request.concept}</h1>
    <div class="panel">
      <dl class="facts">
        <dt>Job</dt><dd><code>${job.id}</code> ${state(job.state)}</dd>
        <dt>Pipeline</dt><dd>${job.request.pipeline}; asked for ${day(job.createdAt)}</dd>
      </dl>
      ${job.error ? html`<p class="problem">${job.error}</p>` : nothing}
      ${progress && !isOver(job) ? html`<label>${progress.stage}: ${progress.done} of ${progress.total}<progress max=${progress.total || 1} value=${progress.done}></progress></label>` : nothing}
      <div class="actions">
        ${isOver(job) ? nothing : html`<button class="danger" @click=${event => act(event.target.closest('.panel'), () => remove(path), () => 'It stops at its next step.')}>Cancel</button>`}
        ${job.report ? html`<button @click=${save}>Save the report as a page</button>` : nothing}
      </div>
      <div class="outcome"></div>
    </div>
    ${job.report ? html`${verdict(job.report)}${attacks(job.report)}` : nothing}
    ${picture ? html`<h2>Before and after</h2><figure><img src=${picture} alt="Sheet of images of ${job.request.concept}, of the original encoder and of ${job.request.encoder}">
      <figcaption class="hint">Prompts and seeds are the same in both halves of a pair.</figcaption></figure>` : nothing}`;
}

async function watch(main, signal, id) {
  const path = `/evaluations/${encodeURIComponent(id)}`;
  let job = await get(path, signal);
  let progress;
  render(page(job), main);
  if (!isOver(job)) {
    for await (const event of events(`${path}/events`, signal)) {
      if (event.type === 'state') {
        job = await get(path, signal);
        say(`The evaluation: ${job.state}.`);
      } else if (event.stage) {
        progress = event;
      }
      render(page(job, progress), main);
    }
    job = await get(path, signal);
  }
  const picture = job.report ? URL.createObjectURL(await blob(`${path}/contact-sheet.png`, signal)) : undefined;
  render(page(job, progress, picture), main);
  signal.addEventListener('abort', () => picture && URL.revokeObjectURL(picture));
}

export const title = 'Evaluations';

export async function show(main, signal, id, asked) {
  if (!id) {
    const read = async () => ({...await get('/evaluations', signal), ...await get('/encoders', signal), ...await get('/pipelines', signal)});
    return live(main, signal, read, shown => overview(shown, asked));
  }
  try {
    return await watch(main, signal, id);
  } catch (e) {
    if (signal.aborted || e.status === 401 || e.status === 403) {
      throw e;
    }
    render(html`<h1>Evaluation ${id}</h1>${problem(e)}`, main);
  }
}
