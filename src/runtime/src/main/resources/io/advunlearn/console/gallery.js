// The gallery: the same prompts and seeds by two encoders, of which neither needs to be served.
import {get, post} from './api.js';
import {act, encoderChoice, html, list, nothing, render, values} from './view.js';

const PROMPTS = 8;

const lines = text => text.split('\n').map(line => line.trim()).filter(line => line).slice(0, PROMPTS);

function picture(drawn, encoder, prompt) {
  if (!drawn) {
    return html`<figure><p class="muted">Being drawn …</p></figure>`;
  }
  return html`<figure>${drawn.withheld ? html`<p class="note">The pipeline's filter keeps it back.</p>`
      : html`<img src="data:image/png;base64,${drawn.b64_json}" alt="“${prompt}” by ${encoder}" width="192">`}
    <figcaption class="hint">${encoder}</figcaption></figure>`;
}

function sheet(drawing) {
  return html`<h2>Before and after</h2>
    <p class="note">${drawing.notice ?? 'A preview: clients are not served by these encoders unless a pipeline or a route names them.'}</p>
    ${drawing.rows.map(row => html`<section class="pair" aria-label=${row.prompt}><h3>${row.prompt}</h3>
      <div class="pictures">${picture(row.before, drawing.before, row.prompt)}${picture(row.after, drawing.after, row.prompt)}</div></section>`)}`;
}

export const title = 'Gallery';

export async function show(main, signal, id, asked) {
  const [{pipelines}, {encoders}] = await Promise.all([get('/pipelines', signal), get('/encoders', signal)]);
  const draw = async event => {
    event.preventDefault();
    const place = event.target.closest('.panel');
    const {pipeline, before, after, prompts, seed, steps} = values(event.target);
    const drawing = {before, after, rows: lines(prompts).map(prompt => ({prompt}))};
    const paint = () => signal.aborted || render(page(drawing), main);
    const one = async (row, side) => {
      row[side] = await post(`/pipelines/${encodeURIComponent(pipeline)}/preview`,
          {encoder: drawing[side], prompt: row.prompt, seed: Number(seed), ...(steps && {num_inference_steps: Number(steps)})}, signal);
      drawing.notice = row[side].notice;
      paint();
    };
    paint();
    // one after the other: a preview waits in the same queue as clients
    await act(place, async () => {
      for (const row of drawing.rows) {
        await one(row, 'before');
        await one(row, 'after');
      }
    }, () => `${2 * drawing.rows.length} pictures are drawn.`).catch(e => {
      if (!signal.aborted) {
        throw e;
      }
    });
  };
  const page = drawing => html`<h1>Gallery</h1>
    <div class="panel">
      <h2>Look at an encoder before it is served</h2>
      <form class="fields" @submit=${draw}>
        <label>Pipeline<select name="pipeline">${pipelines.map(pipeline => html`<option>${pipeline.name}</option>`)}</select></label>
        <label>Before${encoderChoice('before', encoders, 'base')}</label>
        <label>After${encoderChoice('after', encoders, asked.get('encoder') ?? encoders[0]?.id)}</label>
        <label>Seed<input name="seed" type="number" required min="0" step="1" value="7"></label>
        <label>Steps<input name="steps" type="number" min="1" step="1" placeholder="the pipeline's"></label>
        <label class="wide">Prompts, one a line, at most ${PROMPTS}<textarea name="prompts" rows="4" required></textarea></label>
        <button class="primary">Draw</button>
      </form>
      <p class="hint">Every picture is in the audit log, without its prompt. Pipelines: ${list(pipelines.map(pipeline => pipeline.name))}.</p>
      <div class="outcome"></div>
    </div>
    ${drawing ? sheet(drawing) : nothing}`;
  render(page(), main);
}
