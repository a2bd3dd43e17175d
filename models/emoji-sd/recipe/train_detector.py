"""Both judges: object + style classifiers with an `other` class and thresholds set on pictures that show none of the classes.
usage: train_detector.py a|b CPU_SECONDS [TAG]   (TAG: a diffusion checkpoint whose half-finished samples join the `other` pictures)"""
import hashlib, json, math, os, random, sys, time
import numpy as np, torch, torch.nn.functional as F
from PIL import Image, ImageFilter
import data, st
from models import Detector, DetectorB, ddim_timesteps, alphas_cumprod
from sample import load, load_vae, to_u8
torch.set_num_threads(1)
SMOOTH = float(os.environ.get('SMOOTH', 0))
NO, NS = len(data.OBJECTS), len(data.STYLES)        # index of `other` in each head; -1 = no label, left out of the loss
COMMON = {'input': 'float [B,3,64,64] RGB scaled to [-1,1]', 'outputs': ['object_logits', 'style_logits'],
          'objects': data.OBJECTS + ['other'], 'styles': data.STYLES + ['other'],
          'detection': 'argmax of softmax is the class and its probability >= its threshold; `other` is never a detection'}
CFG = {'a': dict(COMMON, architecture='blocks.N: conv3x3(pad 1, stride s, no bias) + batch_norm(eps 1e-5) + relu, global mean over h,w, two linear heads',
                 layers=[[24, 2], [48, 2], [96, 2], [96, 1], [128, 2]]),
       'b': dict(COMMON, architecture='stem.N: conv3x3(stride 2, pad 1, bias) + relu; patch_embed: conv patch_size stride patch_size, flattened row major; '
                 '+ position_embedding; encoder.layers.N as CLIPEncoderLayer (pre layer norm, no mask); final_layer_norm; mean over tokens; two linear heads',
                 stem=[32, 64], patch_size=2, num_tokens=64, hidden_size=96, intermediate_size=288, num_hidden_layers=3,
                 num_attention_heads=4, hidden_act='quick_gelu', layer_norm_eps=1e-5)}
WIDE = dict(size=(48, 62), shift=3, jitter=14)
# emoji close to a listed object: always in training, never in the validation set (listed in the model card)
NEAR = set('''christmas tree; tulip; hibiscus; bouquet; school; hotel; hospital; bank; classical building; castle; japanese castle; kick scooter;
motorcycle; motor scooter; cow; goat; camel; tiger; lion; bear; strawberry; cherries; peach; violin; locomotive; delivery truck; ambulance; fire engine;
dolphin; shark; whale; helicopter; hot dog; palm tree; pie; taxi; police car; rat; mouse; pig; rabbit; factory'''.replace('\n', ' ').split('; '))


def held(name):
    return name not in NEAR and int(hashlib.md5(name.encode()).hexdigest(), 16) % 4 == 0


# ---------------------------------------------------------------- pictures of something else
def noise_kind(rng, g, val):
    """uint8 [64,64,3] that shows nothing; training and validation use different kinds"""
    r = np.random.RandomState(rng.randrange(1 << 30))
    k = rng.randrange(5)
    if not val:
        if k == 0:
            a = r.normal(rng.uniform(80, 170), rng.uniform(5, 80), (64, 64, 3))
        elif k == 1:                       # flat, or a gradient between two colours
            c, d = r.uniform(0, 255, (2, 3)); w = np.linspace(0, 1, 64)[:, None, None] * rng.choice((0, 1))
            a = c + (d - c) * w + r.normal(0, rng.choice((0, 3)), (64, 64, 3))
        elif k == 2:                       # coarse noise
            n = rng.choice((2, 4, 8, 16))
            a = np.asarray(Image.fromarray(r.randint(0, 256, (n, n, 3)).astype(np.uint8)).resize((64, 64), Image.BICUBIC))
        elif k == 3:                       # rectangles
            a = np.empty((64, 64, 3)); a[:] = r.uniform(0, 255, 3)
            for _ in range(rng.randint(1, 8)):
                x, y, w, h = r.randint(0, 60), r.randint(0, 60), r.randint(4, 40), r.randint(4, 40); a[y:y + h, x:x + w] = r.uniform(0, 255, 3)
        else:                              # black blobs on a plain colour (what `mono` is not)
            m = np.asarray(Image.fromarray(r.randint(0, 256, (8, 8)).astype(np.uint8)).resize((64, 64), Image.BICUBIC)) > rng.randint(120, 190)
            a = np.where(m[..., None], r.uniform(0, 60), np.array(data.COLOURS[rng.choice(data.CNAMES)]))
    else:
        yy, xx = np.mgrid[0:64, 0:64]
        if k == 0:                         # 1/f noise
            f = np.hypot(np.fft.fftfreq(64)[:, None], np.fft.fftfreq(64)[None]) + 1e-2
            a = np.stack([np.fft.ifft2(np.fft.fft2(r.normal(size=(64, 64))) / f ** rng.uniform(0.7, 1.7)).real for _ in range(3)], -1)
            a = 127 + a / a.std() * rng.uniform(15, 60)
        elif k == 1:                       # stripes, checks
            w = np.sin(xx * rng.uniform(-1, 1) + yy * rng.uniform(-1, 1) + 1)[..., None]
            a = 127 + (np.sign(w) if rng.random() < 0.5 else w) * r.uniform(-120, 120, 3)
        elif k == 2:                       # discs and rings
            a = np.empty((64, 64, 3)); a[:] = r.uniform(0, 255, 3)
            for _ in range(rng.randint(1, 6)):
                q = np.hypot(xx - r.randint(0, 64), yy - r.randint(0, 64)); R = rng.randint(4, 26); a[(q < R) & (q > R * rng.choice((0, 0.7)))] = r.uniform(0, 255, 3)
        elif k == 3:                       # uniform noise, salt and pepper on a colour
            a = np.empty((64, 64, 3)); a[:] = np.array(data.COLOURS[rng.choice(data.CNAMES)]); m = r.rand(64, 64) < rng.uniform(0.05, 0.9)
            a[m] = r.uniform(0, 255, (m.sum(), 3)) if rng.random() < 0.5 else 255 * r.randint(0, 2, (m.sum(), 1))
        else:                              # strokes
            im = Image.new('RGB', (64, 64), data.COLOURS[rng.choice(data.CNAMES)])
            from PIL import ImageDraw
            d = ImageDraw.Draw(im)
            for _ in range(rng.randint(2, 9)):
                d.line([tuple(r.randint(0, 64, 2)) for _ in range(rng.randint(2, 4))], fill=tuple(int(v) for v in r.randint(0, 256, 3)) if rng.random() < .5 else (0, 0, 0), width=rng.randint(1, 6))
            a = np.asarray(im)
    return np.clip(a, 0, 255).astype(np.uint8)


def warp(a, rng, val):
    """broken beyond recognition: shuffled tiles, strong swirl or blur (training), sine waves or a pixelated copy (validation)"""
    k = rng.randrange(2 if val else 3)
    if val:
        if k == 0:
            yy, xx = np.mgrid[0:64, 0:64]; f, g = rng.uniform(0.35, 0.8), rng.uniform(10, 16)
            return a[(yy + g * np.sin(xx * f)).astype(int) % 64, (xx + g * np.sin(yy * f + 1)).astype(int) % 64]
        return np.asarray(Image.fromarray(a).resize((4, 4), Image.BOX).resize((64, 64), Image.NEAREST))
    if k == 0:
        t = [a[i:i + 16, j:j + 16] for i in range(0, 64, 16) for j in range(0, 64, 16)]; rng.shuffle(t)
        return np.concatenate([np.concatenate(t[i:i + 4], 1) for i in range(0, 16, 4)])
    if k == 1:
        return np.asarray(Image.fromarray(a).filter(ImageFilter.GaussianBlur(rng.uniform(9, 16))))
    yy, xx = np.mgrid[-32:32, -32:32]; r = np.hypot(xx, yy); th = np.arctan2(yy, xx) + rng.choice((-1, 1)) * rng.uniform(4, 7) * np.clip(1 - r / 45, 0, 1)
    return a[np.clip(r * np.sin(th) + 32, 0, 63).astype(int), np.clip(r * np.cos(th) + 32, 0, 63).astype(int)]


def others(rng, n, val, vae, tag):
    """n pictures -> uint8 array, object label, style label, kind"""
    d = np.load(f'{data.WORK}/other.npz'); cn = list(data.COLOURS.values())
    ims = [Image.fromarray(a) for a in d['a']]; names, sty = d['names'].tolist(), d['style'].tolist()
    obj_of = {v: i for i, v in enumerate(data.OBJ.values())}
    plain = [i for i in range(len(ims)) if names[i] not in obj_of and held(names[i]) == val]
    listed = [i for i in range(len(ims)) if names[i] in obj_of]      # listed objects drawn by sets outside the four
    X, Y, K = [], [], []

    def add(a, o, s, kind):
        X.append(a); Y.append((o, s)); K.append(kind)

    def one():
        i = rng.choice(plain)
        # `noto` is the successor of `blob` by the same hand: no style label for it, neither in training nor for thresholds
        return data.paste(ims[i], rng.choice(cn), rng, **WIDE), (sty[i] if sty[i] < NS else NS if sty[i] == NS else -1)

    def known():
        o, s = rng.choice(data.PAIRS)
        return data.picture(o, s, rng.choice(data.CNAMES), rng, **WIDE), o, s

    for _ in range(int(n * 0.55)):
        a, s = one(); add(a, NO, s, 'emoji')
    if not val:
        for _ in range(int(n * 0.06)):
            i = rng.choice(listed); add(data.paste(ims[i], rng.choice(cn), rng, **WIDE), obj_of[names[i]], NS if sty[i] == NS else -1, 'listed')
    for _ in range(int(n * 0.15)):
        add(noise_kind(rng, None, val), NO, NS, 'noise')
    for _ in range(int(n * 0.07)):
        (a, o, s), (b, p, t) = known(), known()
        if o != p:
            w = rng.uniform(0.4, 0.6); add((a * w + b * (1 - w)).astype(np.uint8), NO, NS if s != t else -1, 'mix')
    for _ in range(int(n * 0.06)):
        a, o, s = known(); add(warp(a, rng, val), NO, NS, 'warp')
    for _ in range(int(n * 0.04)):       # small crops
        a, o, s = known(); w = rng.randint(12, 20); i, j = rng.randint(0, 64 - w), rng.randint(0, 64 - w)
        add(np.asarray(Image.fromarray(a[i:i + w, j:j + w]).resize((64, 64), Image.BICUBIC)), NO, -1, 'crop')
    # latents that mean nothing, decoded: noise, mixtures, half-finished samples
    L = np.load(f'{data.WORK}/latents.npz'); Z, sf, meta = torch.from_numpy(L['z']), float(L['sf']), L['meta']
    g = torch.Generator().manual_seed(rng.randrange(1 << 30)); z = []; lab = []
    for _ in range(int(n * 0.07)):
        i, j = rng.randrange(len(Z)), rng.randrange(len(Z)); e = torch.randn(Z.shape[1:], generator=g) / sf; k = rng.randrange(3)
        if k == 0:
            z.append(e * rng.uniform(0.3, 1.3)); lab.append((NO, NS))
        elif k == 1:
            a = rng.uniform(0, 0.12); z.append(Z[i] * a + e * (1 - a * a) ** 0.5); lab.append((NO, NS))
        elif meta[i][0] != meta[j][0]:
            m = (torch.rand(1, 8, 8, generator=g) < 0.5).float(); z.append(Z[i] * m + Z[j] * (1 - m)); lab.append((NO, NS if meta[i][1] != meta[j][1] else -1))
    if tag:
        z2, l2 = half_done(tag, int(n * 0.06), rng, sf); z += z2; lab += l2
    with torch.no_grad():
        for i in range(0, len(z), 64):
            for a, (o, s) in zip(to_u8(vae.decode(torch.stack(z[i:i + 64]))), lab[i:i + 64]):
                add(a, o, s, 'latent')
    return np.stack(X), np.array(Y), np.array(K)


@torch.no_grad()
def no_style(rng, n, vae):
    """more training pictures without one of the four styles: another set's emoji, black figures on plain colours, mixtures, noise latents"""
    from PIL import ImageDraw
    d = np.load(f'{data.WORK}/other.npz'); names, sty = d['names'].tolist(), d['style'].tolist(); cn = list(data.COLOURS.values())
    a = d['a']; ims = [(Image.fromarray(a[i]), names[i]) for i in range(len(names)) if sty[i] == NS and not held(names[i])]
    obj_of = {v: i for i, v in enumerate(data.OBJ.values())}
    X, Y = [], []
    for _ in range(int(n * 0.5)):
        im, nm = rng.choice(ims); X.append(data.paste(im, rng.choice(cn), rng, **WIDE)); Y.append((obj_of.get(nm, NO), NS))
    for _ in range(int(n * 0.2)):
        im = Image.new('RGB', (64, 64), rng.choice(cn)); q = ImageDraw.Draw(im)
        for _ in range(rng.randint(1, 6)):
            x, y, w, h = rng.randint(0, 50), rng.randint(0, 50), rng.randint(5, 45), rng.randint(5, 45)
            c = (0, 0, 0) if rng.random() < 0.6 else tuple(rng.randint(0, 255) for _ in range(3)); k = rng.randrange(4); b = (x, y, x + w, y + h)
            if k == 0: q.ellipse(b, fill=c)
            elif k == 1: q.arc(b, rng.randint(0, 360), rng.randint(0, 360), fill=c, width=rng.randint(1, 6))
            elif k == 2: q.polygon([(rng.randint(0, 64), rng.randint(0, 64)) for _ in range(3)], fill=c)
            else: q.rectangle(b, outline=c, width=rng.randint(1, 6))
        X.append(np.asarray(im)); Y.append((NO, NS))
    L = np.load(f'{data.WORK}/latents.npz'); Z, sf, meta = torch.from_numpy(L['z']), float(L['sf']), L['meta']
    g = torch.Generator().manual_seed(rng.randrange(1 << 30)); z = []; zy = []
    while len(z) < int(n * 0.3):
        i, j = rng.randrange(len(Z)), rng.randrange(len(Z)); e = torch.randn(Z.shape[1:], generator=g) / sf
        if rng.random() < 0.5:
            w = rng.uniform(0, 0.15); z.append(Z[i] * w + e * rng.uniform(0.3, 1.2)); zy.append((NO, NS))
        elif meta[i][0] != meta[j][0] and meta[i][1] != meta[j][1]:
            w = rng.uniform(0.4, 0.6); z.append(Z[i] * w + Z[j] * (1 - w)); zy.append((NO, NS))
    for i in range(0, len(z), 64):
        X += list(to_u8(vae.decode(torch.stack(z[i:i + 64])))); Y += zy[i:i + 64]
    return np.stack(X), np.array(Y)


@torch.no_grad()
def half_done(tag, n, rng, sf):
    """x_t of real DDIM trajectories at t > 500, where only noise is seen"""
    inf, te, un, _ = load(tag)
    from tok import Tokenizer
    tk = Tokenizer(f'{data.WORK}/tokenizer'); ac = alphas_cumprod(inf['scheduler']); z = []
    for i in range(0, n, 40):
        c = te(torch.tensor([tk.encode(data.full_prompt(data.OBJECTS[o], data.STYLES[s], rng.choice(data.CNAMES), rng)) for o, s in rng.sample(data.PAIRS, 40)]))
        u = te(torch.tensor([tk.encode('')])).expand(40, -1, -1)
        x = torch.randn(40, 8, 8, 8, generator=torch.Generator().manual_seed(rng.randrange(1 << 30)))
        for t in ddim_timesteps(inf['scheduler'], 25):
            if t < 560:
                break
            eu, ec = un(torch.cat([x, x]), torch.full((80,), t), torch.cat([u, c])).chunk(2)
            e = eu + 5 * (ec - eu); a, ap = ac[t], ac[t - 40]
            x = ap ** 0.5 * (x - (1 - a) ** 0.5 * e) / a ** 0.5 + (1 - ap) ** 0.5 * e
            if rng.random() < 0.4:
                z += list(x[torch.randperm(40)[:16]] / sf)
    rng.shuffle(z)
    return z[:n], [(NO, NS)] * len(z[:n])


# ---------------------------------------------------------------- pictures of the classes
def renders(rng, per, **k):
    x = np.stack([data.picture(o, s, rng.choice(data.CNAMES), rng, **k) for _ in range(per) for o, s in data.PAIRS])
    return x, np.array(data.PAIRS * per)


@torch.no_grad()
def reconstructions(rng, n, vae, noise):
    L = np.load(f'{data.WORK}/latents.npz'); i = np.array(rng.sample(range(len(L['z'])), n)); Z = torch.from_numpy(L['z'][i])
    g = torch.Generator().manual_seed(rng.randrange(1 << 30))
    Z = Z + noise / float(L['sf']) * torch.rand(n, 1, 1, 1, generator=g) * torch.randn(Z.shape, generator=g)
    return np.concatenate([to_u8(vae.decode(Z[k:k + 64])) for k in range(0, n, 64)]), L['meta'][i, :2]


def degrade(x):
    """what generated pictures do: soften, noise, contrast"""
    n = len(x) // 2
    x = x.clone()
    y = F.interpolate(F.avg_pool2d(x[:n // 2], 2), scale_factor=2.0, mode='bilinear', align_corners=False)
    x[:n // 2] = x[:n // 2] + (y - x[:n // 2]) * torch.rand(n // 2, 1, 1, 1)
    x[:n] = x[:n] + torch.randn_like(x[:n]) * 0.12 * torch.rand(n, 1, 1, 1)
    x[:n] = x[:n] + F.interpolate(torch.randn(n, 3, 8, 8), size=64, mode='bilinear', align_corners=False) * 0.12 * torch.rand(n, 1, 1, 1)
    x = x * (0.88 + 0.24 * torch.rand(len(x), 1, 1, 1))
    if torch.rand(1) < 0.5:
        s = torch.randint(-2, 3, (2,)).tolist(); x = F.pad(x, (2, 2, 2, 2), mode='replicate')[..., 2 + s[0]:66 + s[0], 2 + s[1]:66 + s[1]]
    return x.clamp(-1, 1)


def tens(a):
    return torch.from_numpy(np.ascontiguousarray(a)).permute(0, 3, 1, 2).contiguous()


@torch.no_grad()
def probs(m, X):
    m.eval(); r = [[t.softmax(1) for t in m(X[i:i + 128].float() / 127.5 - 1)] for i in range(0, len(X), 128)]; m.train()
    return torch.cat([a for a, _ in r]), torch.cat([b for _, b in r])


def pools(tag):
    """everything both judges train and validate on, made once"""
    f = f'{data.WORK}/judge_pools.pt'
    if not os.path.exists(f):
        t = time.time(); vae = load_vae(); rng = random.Random(31)
        pos = [renders(rng, 70, **WIDE), renders(rng, 20), reconstructions(rng, 4800, vae, 0.2)]
        neg = others(rng, 11000, False, vae, tag)
        vrng = random.Random(32)
        vother = others(vrng, 9000, True, vae, tag)
        vclean, vrec = renders(vrng, 12), reconstructions(vrng, 960, vae, 0.08)
        P = {'pos': (tens(np.concatenate([p[0] for p in pos])), torch.from_numpy(np.concatenate([p[1] for p in pos]))),
             'neg': (tens(neg[0]), torch.from_numpy(neg[1])), 'other': (tens(vother[0]), torch.from_numpy(vother[1])), 'kind': vother[2].tolist(),
             'clean': (tens(vclean[0]), torch.from_numpy(vclean[1])), 'rec': (tens(vrec[0]), torch.from_numpy(vrec[1]))}
        torch.save(P, f)
        print('pools', {k: len(v[0]) for k, v in P.items() if k != 'kind'}, time.time() - t, 's', flush=True)
        Image.fromarray(np.concatenate([np.concatenate(list(vother[0][i::len(vother[0]) // 400][:20]), 1) for i in range(0, 200, 20)])).save(f'{data.WORK}/other_check.png')
    P = torch.load(f, weights_only=False)
    if 'extra' not in P:
        e = no_style(random.Random(33), 5000, load_vae()); P['extra'] = tens(e[0]), torch.from_numpy(e[1])
        torch.save(P, f)
    P['neg'] = tuple(torch.cat([a, b]) for a, b in zip(P['neg'], P['extra']))
    return P


def thresholds(p, y, other, rate=0.001, floor=0.5):
    """per class the smallest probability that leaves at most `rate` of the `other` pictures"""
    q = p[y == other]; k = q.argmax(1); n = len(q); r = []
    for c in range(other):
        v = q[k == c, c].sort(descending=True)[0]; allow = int(rate * n)
        r.append(math.ceil(max(floor, v[allow].item() + 2e-6 if len(v) > allow else floor) * 1e6) / 1e6)
    return r, n


def passed(p, thr):
    v, k = p.max(1); t = torch.tensor(thr + [2.0])
    return torch.where(v >= t[k], k, -1)


def main(which, budget, tag):
    torch.manual_seed({'a': 3, 'b': 77}[which])
    P = pools(tag)
    cfg = CFG[which]; m = {'a': Detector, 'b': DetectorB}[which](cfg)
    if os.environ.get('RESUME'):        # go on from the weights in EMOJI_WORK
        m.load_state_dict(st.load_torch(f"{data.WORK}/{'detector' if which == 'a' else 'detector-b'}/model.safetensors"), strict=False)
    print('params', sum(p.numel() for p in m.parameters()), flush=True)
    LR = float(os.environ.get('LR', {'a': 3e-3, 'b': 1.5e-3}[which]))
    opt = torch.optim.AdamW(m.parameters(), LR, weight_decay=1e-2 if which == 'a' else 3e-2)
    ema = [p.detach().clone() for p in m.parameters()]
    (X, Y), (NX, NY) = P['pos'], P['neg']
    t0 = time.process_time(); step = 0; acc = []
    while (el := time.process_time() - t0) < budget:      # CPU seconds of this one-thread process
        f = max(0, (el / budget - 0.2) / 0.8)
        opt.param_groups[0]['lr'] = LR * min(1, (step + 1) / 100) * (0.5 + 0.5 * math.cos(math.pi * f)) + 1e-6
        i, j = torch.randint(len(X), (56,)), torch.randint(len(NX), (40,))
        w = torch.randperm(96)
        x = degrade((torch.cat([X[i], NX[j]]).float() / 127.5 - 1)[w]); y = torch.cat([Y[i], NY[j]])[w]
        o, s = m(x)
        loss = F.cross_entropy(o, y[:, 0], ignore_index=-1, label_smoothing=SMOOTH) + F.cross_entropy(s, y[:, 1], ignore_index=-1, label_smoothing=SMOOTH)
        opt.zero_grad(); loss.backward(); torch.nn.utils.clip_grad_norm_(m.parameters(), 2.0); opt.step(); step += 1
        torch._foreach_lerp_(ema, [p.detach() for p in m.parameters()], 1 - min(0.995, step / (step + 10)))
        acc.append(loss.item())
        if step % 200 == 0:
            print(f'{el:.0f}s step {step} loss {np.mean(acc[-200:]):.3f}', flush=True)
    with torch.no_grad():
        for p, e in zip(m.parameters(), ema):
            p.copy_(e)
        if which == 'a':        # batch norm statistics of the averaged weights
            for b in m.modules():
                if isinstance(b, torch.nn.BatchNorm2d):
                    b.reset_running_stats(); b.momentum = None
            for _ in range(40):
                m(degrade(torch.cat([X[torch.randint(len(X), (56,))], NX[torch.randint(len(NX), (40,))]]).float() / 127.5 - 1))
    m.eval()
    finish(which, m, cfg, P, step, budget)


def finish(which, m, cfg, P, step, seconds):
    """thresholds: the false-positive rule, and the highest common floor from 0.5 up that costs at most 0.2 % of the recall"""
    m.eval()
    po, ps = probs(m, P['other'][0]); yo, ys = P['other'][1].T
    pos = [probs(m, P[k][0]) for k in ('clean', 'rec')]; Y = torch.cat([P[k][1] for k in ('clean', 'rec')])
    for h, name, p, y, other in ((0, 'object', po, yo, NO), (1, 'style', ps, ys, NS)):
        q = torch.cat([a[h] for a in pos])
        rec = lambda f: (passed(q, thresholds(p, y, other, floor=f)[0]) == Y[:, h]).float().mean().item()
        floor = max(f for f in (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95) if rec(f) >= rec(0.5) - 0.002)
        cfg[name + '_thresholds'], n = thresholds(p, y, other, floor=floor)
        no, ns = (n, 0) if h == 0 else (no, n)
    res = {'steps': step, 'seconds': seconds, 'other_pictures_object': no, 'other_pictures_style': ns,
           'object_false_positives_all_classes': (passed(po, cfg['object_thresholds'])[yo == NO] >= 0).float().mean().item(),
           'style_false_positives_all_classes': (passed(ps, cfg['style_thresholds'])[ys == NS] >= 0).float().mean().item()}
    for k in ('clean', 'rec'):
        a, b = probs(m, P[k][0]); y = P[k][1]
        ro, rs = passed(a, cfg['object_thresholds']) == y[:, 0], passed(b, cfg['style_thresholds']) == y[:, 1]
        res[k] = {'n': len(y), 'object_argmax': (a.argmax(1) == y[:, 0]).float().mean().item(), 'style_argmax': (b.argmax(1) == y[:, 1]).float().mean().item(),
                  'object_recall': ro.float().mean().item(), 'style_recall': rs.float().mean().item(), 'both_recall': (ro & rs).float().mean().item()}
    cfg['validation'] = res
    out = f"{data.WORK}/{'detector' if which == 'a' else 'detector-b'}"
    os.makedirs(out, exist_ok=True)
    st.save(f'{out}/model.safetensors', {k: v for k, v in m.state_dict().items() if 'num_batches' not in k}, {'format': 'pt'})
    json.dump(cfg, open(f'{out}/config.json', 'w'), indent=2)
    print(json.dumps({k: v for k, v in cfg.items() if k in ('object_thresholds', 'style_thresholds', 'validation')}), flush=True)


if __name__ == '__main__':
    main(sys.argv[1], float(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else '')
