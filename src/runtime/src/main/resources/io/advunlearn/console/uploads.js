// Uploads: an encoder from this machine, in parts.
import './lib/sha256.min.js';
import {get, post, put, remove} from './api.js';
import {act, confirmed, day, html, nothing, render, values} from './view.js';

// less than the server takes in one part, so that progress is seen
const PART = 2 * 1024 * 1024;

const mebibytes = bytes => `${(bytes / 1048576).toFixed(1)} MiB`;

/** In the browser, piece by piece: files are larger than what should be in memory at once. crypto.subtle can do neither, and is not there without TLS. */
async function sha256(file, progress, signal) {
  const hash = window.sha256.create();
  for (let at = 0; at < file.size; at += PART) {
    signal.throwIfAborted();
    hash.update(await file.slice(at, at + PART).arrayBuffer());
    progress(`Reading ${file.name}`, Math.min(at + PART, file.size), file.size);
  }
  return hash.hex();
}

/** From where the server has it. */
async function send(upload, file, from, progress, signal) {
  for (let at = from; at < file.size; at += PART) {
    progress(`Sending ${file.name}`, at, file.size);
    await put(`/uploads/${encodeURIComponent(upload)}/files/${encodeURIComponent(file.name)}?offset=${at}`, file.slice(at, at + PART), signal);
  }
  progress(`Sending ${file.name}`, file.size, file.size);
}

/** The unfinished upload of the same encoder with the same files, to go on with. */
const begun = (uploads, id, files) => uploads.find(upload => upload.id === id && upload.files.length === files.length
    && upload.files.every(part => files.some(file => file.name === part.name && file.size === part.size)));

async function announce({id, parent, erasures}, files, progress, signal) {
  const announced = [];
  for (const file of files) {
    announced.push({name: file.name, size: file.size, sha256: await sha256(file, progress, signal)});
  }
  const concepts = (erasures ?? '').split(',').map(concept => concept.trim()).filter(concept => concept);
  return post('/uploads', {id, ...(parent && {parent}), erasures: concepts, files: announced}, signal);
}

async function sendAll(uploads, encoder, files, progress, signal) {
  const announced = begun(uploads, encoder.id, files) ?? await announce(encoder, files, progress, signal);
  for (const file of files) {
    await send(announced.upload, file, announced.files.find(part => part.name === file.name).received ?? 0, progress, signal);
  }
  progress('The server verifies', 1, 1);
  return post(`/uploads/${encodeURIComponent(announced.upload)}/complete`, undefined, signal);
}

function unfinished(uploads, again) {
  const giveUp = async (event, upload) => {
    const place = event.target.closest('.panel');
    const options = await confirmed('Remove the upload', html`<p>What has come of <strong>${upload.id}</strong> is deleted.</p>`);
    if (options && await act(place, () => remove(`/uploads/${encodeURIComponent(upload.upload)}`), () => `The upload of ${upload.id} is removed.`)) {
      await again();
    }
  };
  return html`<section class="panel" aria-label="Unfinished uploads"><div class="scroll"><table><caption>Unfinished: the same id and files go on where they stopped</caption>
    <thead><tr><th scope="col">Encoder</th><th scope="col">Begun</th><th scope="col">Files</th><th scope="col">Change</th></tr></thead>
    <tbody>${uploads.map(upload => html`<tr><th scope="row">${upload.id}</th><td>${day(upload.createdAt)}</td>
      <td>${upload.files.map(file => html`<div>${file.name}: ${mebibytes(file.received)} of ${mebibytes(file.size)}</div>`)}</td>
      <td><button aria-label="Remove the upload of ${upload.id}" @click=${event => giveUp(event, upload)}>Remove …</button></td></tr>`)}
    ${uploads.length ? nothing : html`<tr><td colspan="4">None.</td></tr>`}</tbody></table></div><div class="outcome"></div></section>`;
}

export const title = 'Uploads';

export async function show(main, signal) {
  let uploads = [];
  let progress;
  const paint = () => signal.aborted || render(page(), main);
  const again = async () => {
    ({uploads} = await get('/uploads', signal));
    paint();
  };
  const start = async event => {
    event.preventDefault();
    const form = event.target;
    const told = (stage, done, total) => {
      progress = {stage, done, total};
      paint();
    };
    const done = await act(form.closest('.panel'), () => sendAll(uploads, values(form), [...form.elements.files.files], told, signal),
        encoder => `Encoder ${encoder.id} is registered.`).catch(e => {
      if (!signal.aborted) {
        throw e;
      }
    });
    progress = undefined;
    if (signal.aborted) {
      return;
    }
    await again();
    if (done) {
      location.hash = `#/encoders/${done.id}`;
    }
  };
  const page = () => html`<h1>Uploads</h1>
    <div class="panel">
      <h2>Upload an encoder</h2>
      <form class="fields" @submit=${start}>
        <label>Id<input name="id" required maxlength="64" autocomplete="off"></label>
        <label>Erased concepts, separated by commas<input name="erasures" autocomplete="off"></label>
        <label>Trained from<input name="parent" maxlength="64" placeholder="base" autocomplete="off"></label>
        <label class="wide">Files: config.json and model.safetensors, or shards with their index<input type="file" name="files" multiple required></label>
        <button class="primary">Upload</button>
      </form>
      ${progress ? html`<label>${progress.stage}: ${mebibytes(progress.done)} of ${mebibytes(progress.total)}<progress max=${progress.total} value=${progress.done}></progress></label>` : nothing}
      <div class="outcome"></div>
    </div>
    ${unfinished(uploads, again)}`;
  await again();
}
