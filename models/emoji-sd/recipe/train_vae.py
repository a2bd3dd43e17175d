"""AutoencoderKL f=8, 8 latent channels. usage: train_vae.py SECONDS (resumes from the weights in EMOJI_WORK when RESUME=1)"""
import json, math, os, random, sys, time
import numpy as np, torch, torch.nn.functional as F
import data, st
from models import AutoencoderKL, Down, Up, Res, VAttn
torch.manual_seed(1)
CFG = {'_class_name': 'AutoencoderKL', '_diffusers_version': '0.35.2', 'act_fn': 'silu',
       'block_out_channels': [16, 32, 64, 80], 'down_block_types': ['DownEncoderBlock2D'] * 4,
       'up_block_types': ['UpDecoderBlock2D'] * 4, 'in_channels': 3, 'out_channels': 3, 'latent_channels': 8,
       'layers_per_block': 1, 'norm_num_groups': 8, 'sample_size': 64, 'scaling_factor': 1.0}
B, LR, KLW, CROP, NOISE = 16, float(os.environ.get('LR', 1.5e-3)), 1e-3, float(os.environ.get('CROP', 0.45)), 0.05


def pool(seed, per, **k):
    rng = random.Random(seed)
    return np.stack([data.picture(o, s, rng.choice(data.CNAMES), rng, **k) for _ in range(per) for o, s in data.PAIRS])


def init(m):
    """start near a linear 'average pool, then nearest upsample' autoencoder; the default init learns very slowly here"""
    with torch.no_grad():
        for k in m.modules():
            if isinstance(k, Down):
                k.conv.weight.mul_(0.5); i = torch.arange(k.conv.weight.shape[0])
                k.conv.weight[i, i, :2, :2] += 0.25
            elif isinstance(k, Up):
                k.conv.weight.mul_(0.5); i = torch.arange(k.conv.weight.shape[0])
                k.conv.weight[i, i, 1, 1] += 1
            elif isinstance(k, Res):
                k.conv1.weight.mul_(1.7); k.conv2.weight.mul_(0.5)
                if k.conv_shortcut is not None:
                    torch.nn.init.orthogonal_(k.conv_shortcut.weight)
            elif isinstance(k, VAttn):
                k.to_out[0].weight.mul_(0.2)
        for c in (m.encoder.conv_in, m.decoder.conv_in, m.encoder.conv_out, m.quant_conv, m.post_quant_conv):
            c.weight.mul_(1.7)
        z = CFG['latent_channels']
        m.quant_conv.bias[z:] = -3
        m.quant_conv.weight[z:] *= 0.1


def edges(x):
    return x[..., 1:] - x[..., :-1], x[..., 1:, :] - x[..., :-1, :]


def loss_fn(m, x, zstd):
    with torch.autocast('cpu', torch.bfloat16):
        mu, lv = m.encode(x)
        mu, lv = mu.float(), lv.float()
        # posterior noise plus 5 % of the latent scale: the decoder must forgive what the sampler leaves
        y = m.decode(mu + (lv.exp() + (NOISE * zstd) ** 2).sqrt() * torch.randn_like(mu)).float()
    l1, mse = F.l1_loss(y, x), F.mse_loss(y, x)
    ge = sum(F.l1_loss(a, b) for a, b in zip(edges(y), edges(x)))
    kl = 0.5 * (mu.pow(2) + lv.exp() - 1 - lv).mean()
    return l1 + mse + 0.25 * ge + KLW * kl, mu.detach().std().item(), (l1.item(), mse.item(), kl.item())


def dump(m, ema, V, el, step, log):
    sd, off = {}, 0
    for k, p in m.named_parameters():
        sd[k] = ema[off:off + p.numel()].view_as(p).clone(); off += p.numel()
    e = AutoencoderKL(CFG); e.load_state_dict(sd); e.eval()
    with torch.no_grad():
        mu = torch.cat([e.encode(V[i:i + 40])[0] for i in range(0, len(V), 40)])
        y = torch.cat([e.decode(mu[i:i + 40]).clamp(-1, 1) for i in range(0, len(V), 40)])
    mse = ((y - V) / 2).pow(2).mean((1, 2, 3)); l1 = (y - V).abs().mean().item()
    psnr = (-10 * mse.log10()).mean().item()
    print(f'{el:.0f}s val PSNR {psnr:.2f} L1 {l1:.4f} latent std {mu.std().item():.3f} per channel {mu.std((0, 2, 3)).numpy().round(2)}', flush=True)
    st.save(f'{data.WORK}/vae.safetensors', sd)
    json.dump({'config': dict(CFG, scaling_factor=round(1 / mu.std().item(), 5)), 'log': log, 'steps': step, 'seconds': el,
               'val_psnr': psnr, 'val_l1': l1}, open(f'{data.WORK}/vae.json', 'w'))
    from PIL import Image
    u = lambda t: ((t + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()
    rows = []
    for r in range(0, 80, 20):
        rows += [np.concatenate([u(V[i]) for i in range(r, r + 20)], 1), np.concatenate([u(y[i]) for i in range(r, r + 20)], 1)]
    Image.fromarray(np.concatenate(rows)).save(f'{data.WORK}/vae_check.png')


def worker(rank, budget, X, V, P, G, EMA, ctl, bar):
    """gradients are averaged in shared memory; each process owns half of Adam and EMA"""
    torch.set_num_threads(1); torch.manual_seed(11 + rank)
    m = AutoencoderKL(CFG); off = 0
    for p in m.parameters():
        n = p.numel(); p.data = P[off:off + n].view_as(p); p.grad = G[rank, off:off + n].view_as(p); off += n
    h0, h1 = off * rank // 2, off * (rank + 1) // 2
    Ph, a1, a2 = P[h0:h1], torch.zeros(h1 - h0), torch.zeros(h1 - h0)
    t0 = time.time(); step = 0; acc = []; log = []; zstd = 1.0; nsave = 120
    while True:
        if rank == 0:
            ctl[0] = time.time() - t0
        bar.wait()
        el = float(ctl[0])
        if el > budget:
            break
        f = max(0, (el / budget - 0.4) / 0.6)
        lr = LR * min(1, (step + 1) / 60) * (0.5 + 0.5 * math.cos(math.pi * f)) + 1e-5
        crop = el < CROP * budget   # first phase: 32x32 crops, four times the steps per second
        x = X[torch.randint(len(X), (B if crop else B // 2,))]
        if crop:
            i, j = torch.randint(0, 33, (2,)).tolist()
            x = x[:, :, i:i + 32, j:j + 32]
        loss, s, r = loss_fn(m, x.float() / 127.5 - 1, zstd)
        zstd = 0.99 * zstd + 0.01 * s
        G[rank].zero_(); loss.backward()
        bar.wait()
        with torch.no_grad():
            g = G[:, h0:h1].mean(0)
            ctl[1 + rank] = g.pow(2).sum()
            bar.wait()
            g.mul_(min(1.0, 1 / (float(ctl[1] + ctl[2]) ** 0.5 + 1e-9)))
            step += 1
            a1.mul_(0.9).add_(g, alpha=0.1); a2.mul_(0.99).addcmul_(g, g, value=0.01)
            Ph.addcdiv_(a1, (a2 / (1 - 0.99 ** step)).sqrt_().add_(1e-8), value=-lr / (1 - 0.9 ** step))
            EMA[h0:h1].lerp_(Ph, 1 - min(0.998, step / (step + 20)))
        acc.append(r)
        if rank == 0 and step % 200 == 0:
            a = np.mean(acc[-200:], 0)
            print(f'{el:.0f}s step {step} l1 {a[0]:.4f} mse {a[1]:.5f} kl {a[2]:.3f}', flush=True)
            log.append([round(el), step] + [round(float(v), 5) for v in a])
        if rank == 0 and el > nsave:
            nsave += 120; dump(m, EMA, V, el, step, log)
    if rank == 0:
        dump(m, EMA, V, el, step, log)


def main(budget):
    import torch.multiprocessing as mp
    torch.set_num_threads(1)
    X = torch.from_numpy(pool(1, 60, jitter=6)).permute(0, 3, 1, 2).contiguous()
    V = torch.from_numpy(pool(2, 3)).permute(0, 3, 1, 2).float() / 127.5 - 1
    m = AutoencoderKL(CFG); init(m)
    if os.environ.get('RESUME'):
        m.load_state_dict(st.load_torch(f'{data.WORK}/vae.safetensors'))
    P = torch.cat([p.detach().flatten() for p in m.parameters()]).share_memory_()
    print('params', len(P), flush=True)
    E, G, ctl = P.clone().share_memory_(), torch.zeros(2, len(P)).share_memory_(), torch.zeros(4, dtype=torch.float64).share_memory_()
    cx = mp.get_context('fork'); bar = cx.Barrier(2)
    pr = [cx.Process(target=worker, args=(r, budget, X, V, P, G, E, ctl, bar)) for r in (0, 1)]
    [p.start() for p in pr]; [p.join() for p in pr]


if __name__ == '__main__':
    main(float(sys.argv[1]))
