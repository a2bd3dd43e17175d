"""Joint text encoder + UNet training, PROCS (2) single-thread processes, bf16 autocast, fp32 weights.
usage: train_diffusion.py SECONDS   (a number written to EMOJI_WORK/budget while it runs replaces SECONDS)
       train_diffusion.py STEPSx      that many steps, however long they take. Environment:
DEVICE        cpu or cuda, the latter with PROCS=1 (cpu)
BF16          0 for fp32, which is faster on processors without bf16 units (1)
TAG           name of the output (diff)
RESUME        goes on from that tag, Adam state included
FREEZE_TEXT   1 keeps the averaged text encoder fixed and caches its outputs, which saves a quarter of the time
TEXT_ENCODER  a text_encoder/ folder (or its safetensors file): that encoder, kept fixed as with FREEZE_TEXT, and a UNet from scratch
WIDTH         the UNet's block_out_channels (64,128)
LATENTS       file of cache_latents.py in EMOJI_WORK (latents)
WITHOUT       objects and styles, comma-separated, of which no caption and no picture is ever drawn
SEED          another start and another order (0)"""
import json, math, os, random, sys, time
import numpy as np, torch
import data, st
from tok import Tokenizer, EOS as EOS_TOKEN
from models import CLIPTextModel, UNet2DConditionModel, alphas_cumprod
HID = 128
tk = Tokenizer(f'{data.WORK}/tokenizer')
EOS = tk.vocab[EOS_TOKEN]
TCFG = {'architectures': ['CLIPTextModel'], 'attention_dropout': 0.0, 'bos_token_id': EOS - 1,
        'dropout': 0.0, 'eos_token_id': EOS, 'hidden_act': 'quick_gelu', 'hidden_size': HID, 'initializer_factor': 1.0,
        'initializer_range': 0.02, 'intermediate_size': 4 * HID, 'layer_norm_eps': 1e-5, 'max_position_embeddings': 77,
        'model_type': 'clip_text_model', 'num_attention_heads': 4, 'num_hidden_layers': 4, 'pad_token_id': EOS,
        'projection_dim': HID, 'torch_dtype': 'float32', 'transformers_version': '4.57.1', 'vocab_size': len(tk.vocab)}
UCFG = {'_class_name': 'UNet2DConditionModel', '_diffusers_version': '0.35.2', 'act_fn': 'silu', 'attention_head_dim': 4,
        'block_out_channels': [64, 128], 'center_input_sample': False, 'cross_attention_dim': HID,
        'down_block_types': ['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D'], 'downsample_padding': 1,
        'dual_cross_attention': False, 'flip_sin_to_cos': True, 'freq_shift': 0, 'in_channels': 8, 'layers_per_block': 1,
        'mid_block_scale_factor': 1, 'norm_eps': 1e-5, 'norm_num_groups': 16, 'only_cross_attention': False,
        'out_channels': 8, 'sample_size': 8, 'up_block_types': ['CrossAttnUpBlock2D', 'CrossAttnUpBlock2D'],
        'use_linear_projection': False, 'upcast_attention': False}
WIDTH = [int(w) for w in os.environ.get('WIDTH', '64,128').split(',')]
UCFG['block_out_channels'], UCFG['norm_num_groups'] = WIDTH, 16 if all(w % 16 == 0 for w in WIDTH) else 8
SCFG = {'_class_name': 'DDIMScheduler', '_diffusers_version': '0.35.2', 'beta_start': 0.00085, 'beta_end': 0.012,
        'beta_schedule': 'scaled_linear', 'num_train_timesteps': 1000, 'clip_sample': False, 'set_alpha_to_one': False,
        'steps_offset': 1, 'prediction_type': 'epsilon', 'timestep_spacing': 'leading', 'trained_betas': None}
env = lambda k, d: float(os.environ.get(k, d))
B, REP = int(env('B', 64)), int(env('REP', 4))      # B noised latents per step, REP of them share one caption
LR, WARM, HOLD, B2, CLIP, DECAY = env('LR', 6e-4), env('WARM', 200), env('HOLD', 0.6), 0.99, 2.0, env('EMA', 0.999)
MUL_TEXT, MUL_IN = env('MUL_TEXT', 1.5), env('MUL_IN', 1.25)
TEXT_ENCODER, RESUME, LATENTS = (os.environ.get(k, d) for k, d in (('TEXT_ENCODER', ''), ('RESUME', ''), ('LATENTS', 'latents')))
FREEZE = env('FREEZE_TEXT', 0) > 0 or bool(TEXT_ENCODER)
DEVICE = os.environ.get('DEVICE', 'cpu')
TAG, BF16, PROCS, SEED = os.environ.get('TAG', 'diff'), env('BF16', 1) > 0, int(env('PROCS', 2)), int(env('SEED', 0))
STEPS = len(sys.argv) > 1 and sys.argv[1].endswith('x')
WITHOUT = data.concepts(os.environ.get('WITHOUT', ''))
PAIRS = [(o, k) for o, k in data.PAIRS if not WITHOUT & {data.OBJECTS[o], data.STYLES[k]}]


def init_text(te):
    """Feature 0 of the text output marks padding; see init_unet."""
    for n, p in te.named_parameters():
        if 'embedding' in n:
            torch.nn.init.normal_(p, 0, 0.5 if 'token' in n else 0.1)
        elif p.ndim == 2:       # the output keeps the identity of each token
            torch.nn.init.normal_(p, 0, (0.35 if n.endswith(('out_proj.weight', 'fc2.weight')) else 0.8) * p.shape[1] ** -0.5)
        elif n.endswith('bias'):
            torch.nn.init.zeros_(p)
    with torch.no_grad():
        w = te.text_model.embeddings.token_embedding.weight
        w[:, 0] = 0.5; w[EOS, 0] = -2.0
        te.text_model.embeddings.position_embedding.weight[:, 0] = 0


def load_text(te):
    f = TEXT_ENCODER if TEXT_ENCODER.endswith('.safetensors') else TEXT_ENCODER + '/model.safetensors'
    te.load_state_dict(st.load_torch(f))


@torch.no_grad()
def words_direction(te):
    """what feature 0 is for a fresh text encoder, for a trained one: the direction that tells words from padding best (linear
    discriminant over 400 captions), scaled to the same difference of about 4.8"""
    rng, words, padding = random.Random(3), [], []
    for _ in range(400):
        o, k = rng.choice(PAIRS)
        ids = tk.encode(data.caption(data.OBJECTS[o], data.STYLES[k], rng.choice(data.CNAMES), rng))
        y, n = te(torch.tensor([ids]))[0], ids.index(EOS)
        words.append(y[1:n]); padding.append(y[n:])
    words, padding = torch.cat(words), torch.cat(padding)
    d = words.mean(0) - padding.mean(0)
    c = torch.cov(words.T) + torch.cov(padding.T)
    w = torch.linalg.solve(c + 0.1 * c.diagonal().mean() * torch.eye(len(d)), d)
    return w * 4.8 / (w @ d)


def init_unet(un, direction=None):
    """Small residual branches. ignore_padding, a start value only: every cross-attention head starts with a query that prefers
    words to padding by about 4 nats. Without it 65 of 77 keys are padding and the prompt is ignored for long."""
    for n, p in un.named_parameters():
        if n.endswith(('conv2.weight', 'proj_out.weight')):
            p.data.mul_(0.2)
    un.conv_out.weight.data.mul_(0.1)
    with torch.no_grad():
        if direction is None:
            direction = torch.eye(HID)[0]
        for m in un.modules():
            if m.__class__.__name__ == 'TBlock':
                d, h = m.attn2.to_q.weight.shape[0], m.attn2.h
                dh = d // h
                b = torch.where(torch.rand(d) < 0.5, -0.5, 0.5)
                m.norm2.bias.copy_(b); m.norm2.weight.fill_(1)
                torch.nn.init.normal_(m.attn2.to_k.weight, 0, 0.5 * HID ** -0.5)
                torch.nn.init.normal_(m.attn2.to_v.weight, 0, HID ** -0.5)
                for i in range(0, d, dh):
                    m.attn2.to_k.weight[i] = direction
                    m.attn2.to_q.weight[i] = 0.83 * dh ** 0.5 * b / b.pow(2).sum()


class Batches:
    def __init__(s, rank, seed):
        s.rng = random.Random(seed + rank)
        d = np.load(f'{data.WORK}/{LATENTS}.npz')
        s.sf = float(d['sf']); s.Z = torch.from_numpy(d['z']) * s.sf
        s.by = {}
        for i, k in enumerate(map(tuple, d['meta'].tolist())):
            s.by.setdefault(k, []).append(i)
        s.order = []
        s.ids = {}

    def next(s, b):
        ids, zi = [], []
        for _ in range(b // REP):
            if not s.order:
                s.order = list(PAIRS); s.rng.shuffle(s.order)
            o, k = s.order.pop()
            c = s.rng.randrange(len(data.CNAMES))
            cap = data.caption(data.OBJECTS[o], data.STYLES[k], data.CNAMES[c], s.rng)
            if cap not in s.ids:
                s.ids[cap] = tk.encode(cap)
            ids.append(s.ids[cap])
            zi += [s.rng.choice(s.by[o, k, c]) for _ in range(REP)]
        return ids, s.Z[zi]


ac = alphas_cumprod(SCFG)
sa, sb = ac.sqrt(), (1 - ac).sqrt()
wt = (1 / ac).clamp(max=100) / 4      # v-prediction weighting of the epsilon error: plain epsilon loss learns the text far too slowly


_ctx = {}


def context(te, ids):
    if not FREEZE:
        return te(torch.tensor(ids, device=DEVICE))
    for i in ids:
        k = tuple(i)
        if k not in _ctx:
            with torch.no_grad(), torch.autocast(DEVICE, enabled=False):
                _ctx[k] = te(torch.tensor([i], device=DEVICE))[0].to(torch.bfloat16 if BF16 else torch.float32)
    return torch.stack([_ctx[tuple(i)] for i in ids])


def loss_fn(te, un, ids, x0):
    b = len(x0)
    # every caption gets REP different quarters of the time axis, stratified over the batch
    t = ((torch.arange(b).view(-1, REP).t().reshape(-1)[torch.randperm(b)] + torch.rand(b)) / b * 1000).long().clamp(0, 999)
    e = torch.randn_like(x0)
    x = sa[t].view(-1, 1, 1, 1) * x0 + sb[t].view(-1, 1, 1, 1) * e
    x, e, w = x.to(DEVICE), e.to(DEVICE), wt[t].to(DEVICE)
    with torch.autocast(DEVICE, torch.bfloat16, enabled=BF16):
        y = un(x, t.to(DEVICE), context(te, ids))
    err = (y.float() - e).pow(2).mean((1, 2, 3))
    return (err * w).mean(), err.detach(), t


def worker(rank, budget, P, G, M, V, EMA, ctl, bar, seed):
    """gradients are averaged in shared memory; each process owns its slice of Adam and EMA"""
    torch.set_num_threads(1)
    torch.manual_seed(seed + rank)
    batches = Batches(rank, seed)
    P, G, M, V, EMA = (t.to(DEVICE) for t in (P, G, M, V, EMA))      # on the CPU the shared memory itself
    te, un = CLIPTextModel(TCFG).to(DEVICE), UNet2DConditionModel(UCFG).to(DEVICE)
    params = list(te.parameters()) + list(un.parameters())
    off = 0
    for p in params:
        n = p.numel()
        p.data = P[off:off + n].view_as(p); p.grad = G[rank, off:off + n].view_as(p); off += n
    lo = sum(p.numel() for p in te.parameters()) if FREEZE else 0
    h0, h1 = (lo + (off - lo) * (rank + i) // PROCS for i in (0, 1))
    mul = torch.cat([torch.full((p.numel(),), MUL_TEXT) for p in te.parameters()] + [
        torch.full((p.numel(),), MUL_TEXT if 'attn2' in k else
                   MUL_IN if k.startswith(('down_blocks.1', 'mid_block', 'up_blocks.0')) else 1.0)
        for k, p in un.named_parameters()]).to(DEVICE)[h0:h1]
    Ph, m, v = P[h0:h1], M[h0:h1], V[h0:h1]
    step0 = step = int(ctl[4]); acc = []; bins = np.zeros((4, 2)); log = []; nsave = 300; t0 = time.time(); bfile = f'{data.WORK}/budget'
    while True:
        if rank == 0:
            ctl[0] = step - step0 if STEPS else time.time() - t0
            if step % 25 == 0 and os.path.exists(bfile):
                ctl[5] = float(open(bfile).read().strip() or ctl[5])
        bar.wait()
        el, budget = float(ctl[0]), float(ctl[5])
        if el >= budget:
            break
        f = el / budget
        lr = LR * min(1, (step - step0 + 1) / WARM) * (1.0 if f < HOLD else 0.5 + 0.5 * math.cos(math.pi * (f - HOLD) / (1 - HOLD))) + 2e-6
        loss, err, t = loss_fn(te, un, *batches.next(B // PROCS))
        G[rank, lo:].zero_(); loss.backward()
        bar.wait()
        with torch.no_grad():
            g = G[:, h0:h1].mean(0)
            ctl[1 + rank] = g.pow(2).sum()
            bar.wait()
            gn = float(ctl[1:1 + PROCS].sum()) ** 0.5
            if gn > CLIP:
                g.mul_(CLIP / gn)
            step += 1
            m.mul_(0.9).add_(g, alpha=0.1)
            v.mul_(B2).addcmul_(g, g, value=1 - B2)
            Ph.addcdiv_(m * mul, (v / (1 - B2 ** step)).sqrt_().add_(1e-8), value=-lr / (1 - 0.9 ** step))
            EMA[h0:h1].lerp_(Ph, 1 - min(DECAY, step / (step + 15)))
        acc.append(loss.item())
        for tt, ee in zip(t.tolist(), err.tolist()):
            bins[tt // 250] += (ee, 1)
        if rank == 0 and step % 200 == 0:
            q = bins[:, 0] / np.maximum(bins[:, 1], 1)
            print(f'{time.time() - t0:.0f}s step {step} loss {np.mean(acc[-200:]):.4f} by t quarter {np.round(q, 4)} lr {lr:.1e} |g| {gn:.2f} {(step - step0) * B / (time.time() - t0):.0f}/s', flush=True)
            log.append([round(time.time() - t0), step, round(float(np.mean(acc[-200:])), 5)] + [round(float(w), 5) for w in q])
            bins[:] = 0
        if rank == 0 and time.time() - t0 > nsave:
            nsave += 180
            dump(te, un, P, M, V, EMA, step, time.time() - t0, log, batches.sf)
    bar.wait()
    if rank == 0:
        dump(te, un, P, M, V, EMA, step, time.time() - t0, log, batches.sf)


def dump(te, un, P, M, V, ema, step, el, log, sf):
    P, M, V, ema = (t.cpu() for t in (P, M, V, ema))
    sd, off = [], 0
    for mod in (te, un):
        r = {}
        for k, p in mod.named_parameters():
            r[k] = ema[off:off + p.numel()].view_as(p).clone(); off += p.numel()
        sd.append(r)
    w = f'{data.WORK}/{TAG}'
    st.save(w + '_te.safetensors', sd[0]); st.save(w + '_unet.safetensors', sd[1])
    torch.save({'P': P.clone(), 'M': M.clone(), 'V': V.clone(), 'E': ema.clone(), 'step': step}, w + '.pt')
    json.dump({'text': TCFG, 'unet': UCFG, 'scheduler': SCFG, 'steps': step, 'seconds': el, 'log': log, 'scaling_factor': sf,
               'batch': B, 'lr': LR, 'without': sorted(WITHOUT), 'latents': LATENTS, 'seed': SEED}, open(w + '.json', 'w'))
    print('saved', TAG, step, flush=True)


def main(budget):
    import torch.multiprocessing as mp
    torch.manual_seed(7 + SEED)
    torch.set_num_threads(1)
    te, un = CLIPTextModel(TCFG), UNet2DConditionModel(UCFG)
    if TEXT_ENCODER:
        load_text(te)
        init_unet(un, words_direction(te))
    else:
        init_text(te)
        init_unet(un)
    print('params text', sum(p.numel() for p in te.parameters()), 'unet', sum(p.numel() for p in un.parameters()), flush=True)
    P = torch.cat([p.detach().flatten() for p in list(te.parameters()) + list(un.parameters())])
    M, V, E, step = torch.zeros_like(P), torch.zeros_like(P), P.clone(), 0
    if RESUME:
        d = torch.load(f'{data.WORK}/{RESUME}.pt')
        P, M, V, E, step = d['P'], d['M'], d['V'], d['E'], d['step']
        if FREEZE:
            n = sum(p.numel() for p in te.parameters()); P[:n] = E[:n]
    P, M, V, E = (t.share_memory_() for t in (P, M, V, E))
    G, ctl = torch.zeros(PROCS, len(P)).share_memory_(), torch.zeros(8, dtype=torch.float64).share_memory_()
    ctl[4], ctl[5] = step, budget
    ctx = mp.get_context('fork')
    bar = ctx.Barrier(PROCS)
    pr = [ctx.Process(target=worker, args=(r, budget, P, G, M, V, E, ctl, bar, 100 + SEED + step)) for r in range(PROCS)]
    [p.start() for p in pr]; [p.join() for p in pr]


if __name__ == '__main__':
    main(float(sys.argv[1].rstrip('x')))
