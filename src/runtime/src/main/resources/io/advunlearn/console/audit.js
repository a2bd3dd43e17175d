// Who did what.
import {get} from './api.js';
import {day, html, live} from './view.js';

export const title = 'Audit';

export const show = (main, signal) => live(main, signal, () => get('/audit', signal), ({audit}) => html`<h1>Audit</h1>
  <div class="scroll"><table><caption>Newest first, of all replicas</caption>
    <thead><tr><th scope="col">When</th><th scope="col">Who</th><th scope="col">What</th><th scope="col">To</th><th scope="col">Outcome</th><th scope="col">Replica</th></tr></thead>
    <tbody>${audit.map(entry => html`<tr><td>${day(entry.at)}</td><td>${entry.principal}</td><td>${entry.action}</td><td>${entry.target}</td><td>${entry.outcome}</td><td>${entry.replica}</td></tr>`)}</tbody>
  </table></div>`);
