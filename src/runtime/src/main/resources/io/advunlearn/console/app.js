// The way in, and which page is shown.
import {get, key} from './api.js';
import {html, problem, render} from './view.js';
import * as audit from './audit.js';
import * as encoders from './encoders.js';
import * as erasures from './erasures.js';
import * as evaluations from './evaluations.js';
import * as gallery from './gallery.js';
import * as pipelines from './pipelines.js';
import * as routes from './routes.js';
import * as uploads from './uploads.js';

const PAGES = {pipelines, routes, encoders, gallery, uploads, erasures, evaluations, audit};
const main = document.getElementById('main');
const leave = document.getElementById('leave');
let shown = new AbortController();

function askForKey(refusal) {
  const enter = async event => {
    event.preventDefault();
    key.set(new FormData(event.target).get('key'));
    try {
      await get('/pipelines');
      show(true);
    } catch (e) {
      key.forget();
      askForKey(e);
    }
  };
  leave.hidden = true;
  render(html`<h1>Admin key</h1>
    <form class="login" @submit=${enter}>
      <p>The key of the admin API. It is kept in this tab until the tab is closed.</p>
      <label>Key<input type="password" name="key" required autocomplete="current-password"></label>
      <div class="actions"><button class="primary">Enter</button></div>
      ${refusal ? problem(refusal.status === 401 ? {message: 'That key is not accepted.'} : refusal) : ''}
    </form>`, main);
}

async function show(moved) {
  shown.abort();
  shown = new AbortController();
  const {signal} = shown;
  const [route, query] = location.hash.replace(/^#\//, '').split('?');
  const [name, id] = route.split('/').map(decodeURIComponent);
  const page = PAGES[name] ?? pipelines;
  document.title = `${page.title} – AdvUnlearn console`;
  document.querySelectorAll('nav a').forEach(link => {
    link.toggleAttribute('aria-current', false);
    if (PAGES[link.hash.slice(2)] === page) {
      link.setAttribute('aria-current', 'page');
    }
  });
  if (!key.get()) {
    askForKey();
    return;
  }
  leave.hidden = false;
  render(html`<p>Loading …</p>`, main);
  if (moved) {
    main.focus();
  }
  try {
    await page.show(main, signal, id, new URLSearchParams(query));
  } catch (e) {
    if (signal.aborted) {
      return;
    }
    if (e.status === 401) {
      key.forget();
      askForKey(e);
    } else {
      render(html`<h1>${page.title}</h1>${problem(e)}`, main);
    }
  }
}

leave.addEventListener('click', () => {
  key.forget();
  shown.abort();
  askForKey();
});
window.addEventListener('hashchange', () => show(true));
main.replaceChildren();
show(false);
