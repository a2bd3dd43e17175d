"""Load a delivered folder with diffusers and transformers and compare with recipe/models.py. usage: verify.py FOLDER"""
import json, sys
import torch
import st
from tok import Tokenizer
from models import AutoencoderKL, CLIPTextModel, UNet2DConditionModel, ddim_sample, Detector, DetectorB
from diffusers import StableDiffusionPipeline
import transformers
torch.set_num_threads(1)
rel = lambda a, b: ((a - b).norm() / b.norm()).item()


@torch.no_grad()
def main(d):
    J = lambda p: json.load(open(f'{d}/{p}'))
    T = lambda p: st.load_torch(f'{d}/{p}')
    te = CLIPTextModel(J('text_encoder/config.json')); te.load_state_dict(T('text_encoder/model.safetensors'))
    un = UNet2DConditionModel(J('unet/config.json')); un.load_state_dict(T('unet/diffusion_pytorch_model.safetensors'))
    vae = AutoencoderKL(J('vae/config.json')); vae.load_state_dict(T('vae/diffusion_pytorch_model.safetensors'))
    for n, c in (('detector', Detector), ('detector-b', DetectorB)):
        c(J(n + '/config.json')).load_state_dict(T(n + '/model.safetensors'), strict=(n != 'detector'))
    pipe = StableDiffusionPipeline.from_pretrained(d, safety_checker=None)
    pipe.set_progress_bar_config(disable=True)
    tk = Tokenizer(f'{d}/tokenizer')
    fast = transformers.CLIPTokenizerFast.from_pretrained(f'{d}/tokenizer')
    P = ['', 'a church, blob style, blue background', 'a photo of a horse', 'an airplane in twemoji style on an orange background', 'A Red Apple!',
         'a painting of a horse in the style of Van Gogh', ' '.join(['sunflower'] * 90)]
    for p in P:
        k = dict(padding='max_length', max_length=77, truncation=True)
        a, b, c = tk.encode(p), pipe.tokenizer(p, **k).input_ids, fast(p, **k).input_ids
        assert a == b == c, (p, a[:12], b[:12], c[:12])
    ids = torch.tensor([tk.encode(p) for p in P])
    h = te(ids); print('text encoder rel err', rel(h, pipe.text_encoder(ids)[0]))
    g = torch.Generator().manual_seed(1)
    x = torch.randn(3, 8, 8, 8, generator=g); t = torch.tensor([961, 481, 1])
    print('unet rel err', rel(un(x, t, h[1:4]), pipe.unet(x, t, h[1:4]).sample))
    m = [a.heads for a in pipe.unet.modules() if a.__class__.__name__ == 'Attention']
    print('diffusers heads per attention', sorted(set(m)), 'dims', pipe.unet.config.block_out_channels)
    z = torch.randn(2, 8, 8, 8, generator=g)
    y = vae.decode(z); print('vae decode rel err', rel(y, pipe.vae.decode(z).sample))
    print('vae encode rel err', rel(vae.encode(y)[0], pipe.vae.encode(y).latent_dist.mean))
    x = torch.randn(2, 8, 8, 8, generator=g)
    a = ddim_sample(un, J('scheduler/scheduler_config.json'), x, h[1:3], h[:1].expand(2, -1, -1), 25, 5.0)
    b = pipe(prompt=P[1:3], latents=x, num_inference_steps=25, guidance_scale=5.0, output_type='latent').images
    print('ddim 25 steps cfg 5: rel err of latents', rel(a, b)); assert rel(a, b) < 1e-4
    b = pipe(prompt=P[1:3], latents=x, num_inference_steps=25, guidance_scale=5.0, output_type='pt').images
    print('rel err of pictures', rel((vae.decode(a / vae.config['scaling_factor']) / 2 + 0.5).clamp(0, 1), b))
    print('ok', transformers.__version__)


if __name__ == '__main__':
    main(sys.argv[1])
