"""Encoder frozen (the cached latents stay valid): train the decoder alone a little longer. usage: tune_decoder.py SECONDS"""
import json, math, os, random, sys, time
import numpy as np, torch, torch.nn.functional as F
import data, st
from models import AutoencoderKL
from train_vae import edges
torch.set_num_threads(1)


def main(budget):
    torch.manual_seed(21)
    inf = json.load(open(f'{data.WORK}/vae.json'))
    m = AutoencoderKL(inf['config']); m.load_state_dict(st.load_torch(f'{data.WORK}/vae.safetensors'))
    d = np.load(f'{data.WORK}/latents.npz')
    rng = random.Random(5)          # the same pictures as in cache_latents.py
    X = torch.from_numpy(np.stack([data.picture(o, s, data.CNAMES[c], rng) for o, s, c in d['meta'].tolist()])).permute(0, 3, 1, 2).contiguous()
    Z = torch.from_numpy(d['z']); sd = 1 / float(d['sf'])
    val = torch.arange(0, len(Z), 28); tr = torch.ones(len(Z), dtype=torch.bool); tr[val] = False; tr = tr.nonzero()[:, 0]
    ps = [p for n, p in m.named_parameters() if n.startswith(('decoder', 'post_quant'))]
    LR = float(os.environ.get('LR', 8e-4))
    opt = torch.optim.AdamW(ps, LR, betas=(0.9, 0.99), weight_decay=1e-4, fused=True)
    ema = [p.detach().clone() for p in ps]
    t0 = time.time(); step = 0; acc = []; log = []; B = 16
    while (el := time.time() - t0) < budget:
        f = max(0, (el / budget - 0.2) / 0.8)
        opt.param_groups[0]['lr'] = LR * min(1, (step + 1) / 100) * (0.5 + 0.5 * math.cos(math.pi * f)) + 1e-6
        i = tr[torch.randint(len(tr), (B,))]
        x = X[i].float() / 127.5 - 1
        z = Z[i] + 0.08 * sd * torch.rand(B, 1, 1, 1) * torch.randn(B, *Z.shape[1:])
        with torch.autocast('cpu', torch.bfloat16):
            y = m.decode(z)
        y = y.float()
        l1, mse = F.l1_loss(y, x), F.mse_loss(y, x)
        loss = l1 + mse + 0.25 * sum(F.l1_loss(a, b) for a, b in zip(edges(y), edges(x)))
        opt.zero_grad(); loss.backward()
        torch.nn.utils.clip_grad_norm_(ps, 1.0)
        opt.step(); step += 1
        torch._foreach_lerp_(ema, [p.detach() for p in ps], 1 - min(0.998, step / (step + 20)))
        acc.append((l1.item(), mse.item()))
        if step % 200 == 0:
            a = np.mean(acc[-200:], 0); print(f'{el:.0f}s step {step} l1 {a[0]:.4f} mse {a[1]:.5f}', flush=True)
            log.append([round(el), step] + [round(float(v), 5) for v in a])
    with torch.no_grad():
        for p, e in zip(ps, ema):
            p.copy_(e)
        y = torch.cat([m.decode(Z[val[i:i + 40]]).clamp(-1, 1) for i in range(0, len(val), 40)])
        x = X[val].float() / 127.5 - 1
    psnr = (-10 * ((y - x) / 2).pow(2).mean((1, 2, 3)).log10()).mean().item(); l1 = (y - x).abs().mean().item()
    print('val PSNR', psnr, 'L1', l1)
    st.save(f'{data.WORK}/vae.safetensors', m.state_dict())
    inf['config']['scaling_factor'] = float(d['sf'])
    inf.update(val_psnr=psnr, val_l1=l1, decoder_log=log, decoder_steps=step)
    json.dump(inf, open(f'{data.WORK}/vae.json', 'w'))
    from PIL import Image
    u = lambda t: ((t + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()
    n = 20
    rows = [np.concatenate([u((x, y)[k][r + i]) for i in range(n)], 1) for r in range(0, 120, n) for k in (0, 1)]
    Image.fromarray(np.concatenate(rows)).save(f'{data.WORK}/vae_check.png')


if __name__ == '__main__':
    main(float(sys.argv[1]))
