import { LitElement, html, css } from 'lit';
import { JsonRpc } from 'jsonrpc';
import { notifier } from 'notifier';
import '@vaadin/button';
import '@vaadin/combo-box';
import '@vaadin/progress-bar';
import '@vaadin/text-area';

/** Pipelines and their encoders, a swap, and a prompt with the picture that it gives. */
export class QwcAdvunlearnPipelines extends LitElement {
    jsonRpc = new JsonRpc(this);

    static styles = css`
        :host { display: flex; flex-wrap: wrap; gap: 2em; padding: 0 10px; }
        section { display: flex; flex-direction: column; gap: 0.5em; min-width: 20em; }
        img { image-rendering: pixelated; width: 256px; align-self: flex-start; }
        .note { color: var(--lumo-secondary-text-color); font-size: 0.9em; }
    `;

    static properties = {
        _pipelines: { state: true },
        _encoders: { state: true },
        _pipeline: { state: true },
        _active: { state: true },
        _encoder: { state: true },
        _prompt: { state: true },
        _drawn: { state: true },
        _busy: { state: true },
    };

    constructor() {
        super();
        this._pipelines = [];
        this._encoders = [];
        this._pipeline = null;
        this._active = null;
        this._encoder = null;
        this._prompt = '';
        this._drawn = null;
        this._busy = false;
    }

    connectedCallback() {
        super.connectedCallback();
        this._load();
    }

    async _load() {
        this._pipelines = (await this._ask('pipelines', {})).pipelines;
        this._encoders = ['base', ...(await this._ask('encoders', {})).encoders.map(encoder => encoder.id)];
        if (!this._pipeline && this._pipelines.length > 0) {
            this._pipeline = this._pipelines[0].name;
        }
        await this._loadActive();
    }

    async _loadActive() {
        if (this._pipeline && this._pipelines.find(pipeline => pipeline.name === this._pipeline)?.ready) {
            this._active = (await this._ask('textEncoder', { pipeline: this._pipeline })).active;
        } else {
            this._active = null;
        }
    }

    /** The body of an answer; what went wrong is shown as it is worded. */
    async _ask(method, parameters) {
        const { status, body } = (await this.jsonRpc[method](parameters)).result;
        if (status >= 400) {
            notifier.showErrorMessage(body.detail ?? body.error.message);
            throw new Error(body.detail ?? body.error.message);
        }
        return body;
    }

    render() {
        return html`
            <section>
                <vaadin-combo-box label="Pipeline" .items=${this._pipelines.map(pipeline => pipeline.name)} .value=${this._pipeline ?? ''}
                    @value-changed=${event => this._choose(event.detail.value)}></vaadin-combo-box>
                ${this._pipelines.filter(pipeline => pipeline.name === this._pipeline).map(pipeline => html`
                    <span>${pipeline.ready ? 'ready' : pipeline.notReady}, ${pipeline.device}, ${pipeline.size ?? 'size unknown'}</span>
                    <span class="note">required erasures: ${pipeline.requiredErasures.join(', ') || 'none'}</span>`)}
                ${this._active ? html`
                    <span>active encoder: <b>${this._active.encoder}</b>, generation ${this._active.generation}</span>
                    <span class="note">erased: ${this._active.erasures.join(', ') || 'nothing'}</span>` : ''}
                <vaadin-combo-box label="Encoder" .items=${this._encoders} @value-changed=${event => { this._encoder = event.detail.value; }}></vaadin-combo-box>
                <vaadin-button ?disabled=${!this._encoder || !this._active || this._busy} @click=${() => this._during(() => this._swap())}>Swap</vaadin-button>
                <vaadin-button @click=${() => this._load()}>Refresh</vaadin-button>
            </section>
            <section>
                <vaadin-text-area label="Prompt" @value-changed=${event => { this._prompt = event.detail.value; }}></vaadin-text-area>
                <vaadin-button theme="primary" ?disabled=${!this._prompt || !this._active || this._busy}
                    @click=${() => this._during(() => this._draw())}>Draw</vaadin-button>
                ${this._busy ? html`<vaadin-progress-bar indeterminate></vaadin-progress-bar>` : ''}
                ${this._drawn ? html`
                    <img alt="The picture" src="data:image/png;base64,${this._drawn.data[0].b64_json}">
                    <span class="note">seed ${this._drawn.data[0].seed}, drawn by ${this._drawn.encoder.id}, ${this._drawn.size}</span>` : ''}
            </section>`;
    }

    async _choose(pipeline) {
        if (pipeline && pipeline !== this._pipeline) {
            this._pipeline = pipeline;
            await this._loadActive();
        }
    }

    async _during(work) {
        this._busy = true;
        try {
            await work();
        } finally {
            this._busy = false;
        }
    }

    async _swap() {
        const swapped = await this._ask('swap', { pipeline: this._pipeline, encoder: this._encoder });
        notifier.showSuccessMessage(`${swapped.encoder} is active, generation ${swapped.generation}`);
        await this._loadActive();
    }

    async _draw() {
        this._drawn = await this._ask('draw', { pipeline: this._pipeline, prompt: this._prompt, steps: 0 });
    }
}

customElements.define('qwc-advunlearn-pipelines', QwcAdvunlearnPipelines);
