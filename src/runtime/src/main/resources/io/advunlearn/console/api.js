// The admin API. The key stays in this tab's session storage and goes out in a header, never in a URL.
const ROOT = '/admin/advunlearn';
const KEY = 'advunlearn.key';

/** A problem document (RFC 9457), or what stands for one when the server cannot be reached. */
export class Problem extends Error {
  constructor(status, detail, field) {
    super(detail);
    this.status = status;
    this.field = field;
  }
}

export const key = {
  get: () => sessionStorage.getItem(KEY),
  set: value => sessionStorage.setItem(KEY, value),
  forget: () => sessionStorage.removeItem(KEY),
};

async function send(method, path, body, options = {}) {
  const headers = {'X-API-Key': key.get() ?? '', ...options.headers};
  const bytes = body instanceof Blob;
  if (body !== undefined) {
    headers['Content-Type'] = bytes ? 'application/octet-stream' : 'application/json';
  }
  let response;
  try {
    response = await fetch(ROOT + path, {method, headers, body: body === undefined || bytes ? body : JSON.stringify(body), signal: options.signal, cache: 'no-store'});
  } catch (e) {
    if (e.name === 'AbortError') {
      throw e;
    }
    throw new Problem(0, 'The gateway does not answer.');
  }
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    throw new Problem(response.status, problem.detail ?? problem.title ?? `The gateway answered ${response.status}.`, problem.field);
  }
  return response;
}

export const get = async (path, signal) => (await send('GET', path, undefined, {signal})).json();
export const blob = async (path, signal) => (await send('GET', path, undefined, {signal})).blob();
export const post = async (path, body, signal) => (await send('POST', path, body, {signal})).json();
/** @param body what becomes JSON, or bytes as they are (a Blob) */
export const put = async (path, body, signal) => (await send('PUT', path, body, {signal})).json();
export const remove = async path => (await send('DELETE', path)).json();

/** A job's server-sent events until it is over; goes on where it stopped if the connection breaks. EventSource cannot send the key. */
export async function* events(path, signal) {
  let last = '';
  for (;;) {
    try {
      const response = await send('GET', path, undefined, {signal, headers: {Accept: 'text/event-stream', ...(last && {'Last-Event-ID': last})}});
      for await (const event of parsed(response.body)) {
        last = event.id ?? last;
        yield JSON.parse(event.data);
      }
      return;
    } catch (e) {
      if (e instanceof Problem && e.status !== 0 || signal.aborted) {
        throw e;
      }
      await new Promise(resolve => setTimeout(resolve, 2000));
    }
  }
}

async function* parsed(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    text += part.value.replaceAll('\r', '');
    const blocks = text.split('\n\n');
    text = blocks.pop();
    for (const block of blocks) {
      const event = {data: ''};
      for (const line of block.split('\n')) {
        const colon = line.indexOf(':');
        const field = line.slice(0, colon);
        const value = line.slice(colon + 1).replace(/^ /, '');
        event[field] = field === 'data' && event.data ? `${event.data}\n${value}` : value;
      }
      if (event.data) {
        yield event;
      }
    }
  }
}
