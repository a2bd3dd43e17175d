// What the pages share.
import {html, nothing, render} from './lib/lit-html.js';
import {key, Problem} from './api.js';

export {html, nothing, render};

const REFRESH_MILLIS = 4000;

export const day = time => time ? html`<time datetime=${time}>${new Date(time).toLocaleString()}</time>` : '–';

export const list = values => values?.length ? values.join(', ') : 'nothing';

export const short = digest => digest ? html`<code title=${digest}>${digest.slice(0, 12)}</code>` : '–';

export const percent = value => `${Math.round(100 * value)} %`;

/** Success rate with its 95 % interval. */
export const rate = value => value?.trials ? `${percent(value.rate)} [${Math.round(100 * value.low)}, ${Math.round(100 * value.high)}]` : '–';

const KINDS = {succeeded: 'good', running: 'warn', queued: 'warn', failed: 'bad', cancelled: ''};

export const state = word => html`<span class="badge ${KINDS[word] ?? ''}">${word}</span>`;

export function problem(e) {
  return html`<p class="problem" role="alert">${e.field ? html`<strong>${e.field}:</strong> ` : nothing}${e.message}</p>`;
}

/** Tells sighted and other users that something was done. */
export function say(text) {
  const said = document.getElementById('said');
  said.textContent = text;
  setTimeout(() => {
    if (said.textContent === text) {
      said.textContent = '';
    }
  }, 8000);
}

/**
 * Draws a page now and again every few seconds while its tab is seen. What is being typed or chosen stays: only values that changed are touched.
 *
 * @param read gives what the page shows
 * @param template of that, whole page
 */
export async function live(main, signal, read, template) {
  while (!signal.aborted) {
    if (!document.hidden) {
      try {
        const shown = await read();
        if (!signal.aborted) {
          render(template(shown), main);
        }
      } catch (e) {
        if (signal.aborted) {
          return;
        }
        if (e.status === 401 || e.status === 403) {
          throw e;
        }
        render(html`<h1>Something is wrong</h1>${problem(e)}`, main);
      }
    }
    await new Promise(resolve => setTimeout(resolve, REFRESH_MILLIS));
  }
}

/** A choice of the model's own encoder and the registered ones. @param chosen id of the one that is chosen at first */
export const encoderChoice = (name, encoders, chosen) => html`<select name=${name}>${['base', ...encoders.map(encoder => encoder.id)]
    .map(id => html`<option ?selected=${id === chosen}>${id}</option>`)}</select>`;

/** Runs what a button or a form asked for; a refusal appears beside it in the server's words. */
export async function act(place, work, done) {
  const shown = place.querySelector('.outcome');
  place.querySelectorAll('button').forEach(button => { button.disabled = true; });
  try {
    const result = await work();
    render(nothing, shown);
    say(done(result));
    return result;
  } catch (e) {
    if (!(e instanceof Problem)) {
      throw e;
    }
    if (e.status === 401) {
      key.forget();
      location.reload();
    }
    render(problem(e), shown);
    return undefined;
  } finally {
    place.querySelectorAll('button').forEach(button => { button.disabled = false; });
  }
}

/** A form's values, without files and those that were left empty. */
export function values(form) {
  return Object.fromEntries([...new FormData(form)].filter(([, value]) => typeof value === 'string').map(([name, value]) => [name, value.trim()]).filter(([, value]) => value !== ''));
}

/**
 * Asks before something is done that changes what is served.
 *
 * @param title what would be done
 * @param body what to know before, a template
 * @param options boxes to tick, {name: text}
 * @returns the options ticked, or null if the answer was no
 */
export function confirmed(title, body, options = {}) {
  const dialog = document.createElement('dialog');
  dialog.setAttribute('aria-labelledby', 'asked');
  document.body.append(dialog);
  render(html`<form method="dialog">
    <h2 id="asked">${title}</h2>${body}
    ${Object.entries(options).map(([name, text]) => html`<label class="check"><input type="checkbox" name=${name}> ${text}</label>`)}
    <div class="actions"><button value="yes" class="primary">${title}</button><button value="no">Do nothing</button></div>
  </form>`, dialog);
  return new Promise(resolve => {
    dialog.addEventListener('close', () => {
      const ticked = Object.fromEntries([...dialog.querySelectorAll('input:checked')].map(input => [input.name, true]));
      dialog.remove();
      resolve(dialog.returnValue === 'yes' ? ticked : null);
    });
    dialog.showModal();
  });
}

const WEAKEN = {weaken: 'Serve it even below the floor (weaken); this is written to the audit log'};
/** For what makes an encoder draw for clients. */
export const OVERRIDE = {override: 'Serve it although gates do not hold; this is written to the audit log'};

/** Asks, then makes an encoder the one a pipeline serves. @param send gets the body's options */
export async function promoted(place, encoder, pipeline, send) {
  const options = await confirmed(`Serve ${encoder}`,
      html`<p>Pipeline <strong>${pipeline}</strong> will draw with encoder <strong>${encoder}</strong>. Requests that are being drawn keep theirs.</p>`,
      {...WEAKEN, ...OVERRIDE});
  return options && act(place, () => send(options), result => `${pipeline} serves ${result.encoder}, generation ${result.generation}.`);
}

export async function rolledBack(place, pipeline, send) {
  const options = await confirmed('Roll back', html`<p>Pipeline <strong>${pipeline}</strong> will draw with the encoder it had before.</p>`, WEAKEN);
  return options && act(place, () => send(options), result => `${pipeline} is back at ${result.encoder}, generation ${result.generation}.`);
}
