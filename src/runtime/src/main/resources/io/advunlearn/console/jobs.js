// What erasures and evaluations have in common.
import {day, html, nothing, state} from './view.js';

export function jobTable(jobs, collection, caption) {
  return html`<div class="scroll"><table><caption>${caption}</caption>
    <thead><tr><th scope="col">Job</th><th scope="col">State</th><th scope="col">Concept</th><th scope="col">Pipeline</th><th scope="col">Asked for</th><th scope="col">Replica</th></tr></thead>
    <tbody>${jobs.map(job => html`<tr><th scope="row"><a href="#/${collection}/${job.id}">${job.id}</a></th><td>${state(job.state)}</td>
      <td>${job.request.concept}</td><td>${job.request.pipeline}</td><td>${day(job.createdAt)}</td><td>${job.replica}</td></tr>`)}
    ${jobs.length ? nothing : html`<tr><td colspan="6">None yet.</td></tr>`}</tbody></table></div>`;
}

export const newestFirst = jobs => [...jobs].sort((a, b) => b.createdAt.localeCompare(a.createdAt));

export const isOver = job => ['succeeded', 'failed', 'cancelled'].includes(job.state);
