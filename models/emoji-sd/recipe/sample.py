"""Loading a training checkpoint and sampling from it (25-step DDIM, classifier-free guidance)."""
import json, os
import numpy as np, torch
from PIL import Image, ImageDraw
import data, st
from tok import Tokenizer
from models import AutoencoderKL, CLIPTextModel, Detector, DetectorB, UNet2DConditionModel, ddim_sample
W = data.WORK


def load_vae():
    vae = AutoencoderKL(json.load(open(f'{W}/vae.json'))['config'])
    vae.load_state_dict(st.load_torch(f'{W}/vae.safetensors'))
    return vae.eval()


def load(tag):
    inf = json.load(open(f'{W}/{tag}.json'))
    te, un = CLIPTextModel(inf['text']), UNet2DConditionModel(inf['unet'])
    te.load_state_dict(st.load_torch(f'{W}/{tag}_te.safetensors')); un.load_state_dict(st.load_torch(f'{W}/{tag}_unet.safetensors'))
    vae = load_vae()
    vae.config['scaling_factor'] = inf['scaling_factor']
    return inf, te.eval(), un.eval(), vae


def load_judges(folder=W):
    r = []
    for name, cls in (('detector', Detector), ('detector-b', DetectorB)):
        if os.path.exists(f'{folder}/{name}/config.json'):
            m = cls(json.load(open(f'{folder}/{name}/config.json')))
            m.load_state_dict(st.load_torch(f'{folder}/{name}/model.safetensors'), strict=False)     # num_batches_tracked is not stored
            r.append(m.eval())
    return r


@torch.no_grad()
def generate(prompts, te, un, vae, sched, seed, steps=25, scale=5.0, bs=40, neg='', latents=False, bf16=False):
    tk = Tokenizer(f'{W}/tokenizer')
    g = torch.Generator().manual_seed(seed)
    ch, n = un.config['in_channels'], un.config['sample_size']
    out = []
    u = te(torch.tensor([tk.encode(neg)]))
    for i in range(0, len(prompts), bs):
        p = prompts[i:i + bs]
        with torch.autocast('cpu', torch.bfloat16, enabled=bf16):
            c = te(torch.tensor([tk.encode(x) for x in p]))
            z = ddim_sample(un, sched, torch.randn(len(p), ch, n, n, generator=g), c, u.expand(len(p), -1, -1), steps, scale)
        out.append(z if latents else vae.decode(z.float() / vae.config['scaling_factor']))
    return torch.cat(out)


def to_u8(x):
    return ((x / 2 + 0.5).clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).numpy()


def from_u8(a):
    return torch.from_numpy(np.ascontiguousarray(a)).permute(0, 3, 1, 2).float() / 127.5 - 1


def grid(imgs, prompts, path, cols=8, z=2):
    cw, chh = 64 * z + 8, 64 * z + (34 if prompts else 8)
    im = Image.new('RGB', (cols * cw, (len(imgs) + cols - 1) // cols * chh), (255, 255, 255))
    d = ImageDraw.Draw(im)
    for i, a in enumerate(imgs):
        x, y = (i % cols) * cw + 4, (i // cols) * chh + 4
        im.paste(Image.fromarray(a).resize((64 * z, 64 * z), Image.NEAREST), (x, y))
        line, L = '', []
        for w in (prompts[i].split() if prompts else []):
            if len(line) + len(w) > 20:
                L.append(line); line = ''
            line += w + ' '
        for k, l in enumerate((L + [line])[:3]):
            d.text((x, y + 64 * z + k * 9), l, fill=(0, 0, 0))
    im.save(path)
