"""Encode PER augmented renders of every (object, style, background). usage: cache_latents.py PER
Environment: LATENTS, the file's name in EMOJI_WORK (latents); AUGMENT, a key of data.AUGMENTS; SEED (5);
SCALING, the scaling factor to keep instead of one computed from these latents"""
import json, os, random, sys, time
import numpy as np, torch
import data, st
from models import AutoencoderKL
torch.set_num_threads(int(os.environ.get('THREADS', 2)))


def main(per):
    rng = random.Random(int(os.environ.get('SEED', 5)))
    augment = data.AUGMENTS[os.environ.get('AUGMENT', '')]
    vae = AutoencoderKL(json.load(open(f'{data.WORK}/vae.json'))['config'])
    vae.load_state_dict(st.load_torch(f'{data.WORK}/vae.safetensors'))
    t = time.time(); meta, out = [], []
    with torch.no_grad():
        for k in range(per):
            pics = []
            for o, s in data.PAIRS:
                for c in range(len(data.CNAMES)):
                    meta.append((o, s, c)); pics.append(data.picture(o, s, data.CNAMES[c], rng, **augment))
            x = torch.from_numpy(np.stack(pics)).permute(0, 3, 1, 2).float() / 127.5 - 1
            out += [vae.encode(x[i:i + 64])[0] for i in range(0, len(x), 64)]
    z = torch.cat(out)
    sf = float(os.environ.get('SCALING') or round(1 / z.std().item(), 5))
    print(len(z), 'latents', time.time() - t, 's; std', z.std().item(), 'per channel', z.std((0, 2, 3)), z.mean((0, 2, 3)), 'scaling_factor', sf)
    np.savez(f"{data.WORK}/{os.environ.get('LATENTS', 'latents')}.npz", z=z.numpy(), meta=np.array(meta), sf=sf)


if __name__ == '__main__':
    main(int(sys.argv[1]))
