"""Plain PyTorch modules whose state-dict names, shapes and maths follow diffusers' UNet2DConditionModel and
AutoencoderKL and transformers' CLIPTextModel (written from the architecture, no code copied)."""
import math
import torch
import torch.nn as nn
import torch.nn.functional as F


def _sdpa(q, k, v, causal=False):
    """written out: the fused bf16 backward of torch 2.7 on CPU is ten times slower"""
    a = (q * q.shape[-1] ** -0.5) @ k.transpose(2, 3)
    if causal:
        a = a + torch.full(a.shape[-2:], float('-inf'), dtype=a.dtype, device=a.device).triu(1)
    return a.softmax(-1).to(v.dtype) @ v


# ----------------------------------------------------------------- CLIP text model
class _Emb(nn.Module):
    def __init__(s, c):
        super().__init__()
        s.token_embedding = nn.Embedding(c['vocab_size'], c['hidden_size'])
        s.position_embedding = nn.Embedding(c['max_position_embeddings'], c['hidden_size'])


class _CAttn(nn.Module):
    def __init__(s, c):
        super().__init__()
        d = c['hidden_size']
        s.h = c['num_attention_heads']
        s.causal = True
        s.k_proj, s.v_proj, s.q_proj, s.out_proj = (nn.Linear(d, d) for _ in range(4))

    def forward(s, x):
        b, n, d = x.shape
        q, k, v = (p(x).view(b, n, s.h, d // s.h).transpose(1, 2) for p in (s.q_proj, s.k_proj, s.v_proj))
        return s.out_proj(_sdpa(q, k, v, s.causal).transpose(1, 2).reshape(b, n, d))


class _CMlp(nn.Module):
    def __init__(s, c):
        super().__init__()
        s.fc1 = nn.Linear(c['hidden_size'], c['intermediate_size'])
        s.fc2 = nn.Linear(c['intermediate_size'], c['hidden_size'])

    def forward(s, x):
        x = s.fc1(x)
        return s.fc2(x * torch.sigmoid(1.702 * x))      # quick_gelu


class _CLayer(nn.Module):
    def __init__(s, c):
        super().__init__()
        d = c['hidden_size']
        s.self_attn = _CAttn(c)
        s.layer_norm1 = nn.LayerNorm(d, eps=c['layer_norm_eps'])
        s.mlp = _CMlp(c)
        s.layer_norm2 = nn.LayerNorm(d, eps=c['layer_norm_eps'])

    def forward(s, x):
        x = x + s.self_attn(s.layer_norm1(x))
        return x + s.mlp(s.layer_norm2(x))


class _CEnc(nn.Module):
    def __init__(s, c):
        super().__init__()
        s.layers = nn.ModuleList(_CLayer(c) for _ in range(c['num_hidden_layers']))


class _CText(nn.Module):
    def __init__(s, c):
        super().__init__()
        s.embeddings = _Emb(c)
        s.encoder = _CEnc(c)
        s.final_layer_norm = nn.LayerNorm(c['hidden_size'], eps=c['layer_norm_eps'])


class CLIPTextModel(nn.Module):
    def __init__(s, c):
        super().__init__()
        s.config = c
        s.text_model = _CText(c)

    def forward(s, ids):
        m = s.text_model
        n = ids.shape[1]
        x = m.embeddings.token_embedding(ids) + m.embeddings.position_embedding.weight[:n]
        for l in m.encoder.layers:
            x = l(x)
        return m.final_layer_norm(x)                     # last_hidden_state


# ----------------------------------------------------------------- shared blocks
class Res(nn.Module):
    def __init__(s, cin, cout, temb, groups, eps):
        super().__init__()
        s.norm1 = nn.GroupNorm(groups, cin, eps=eps)
        s.conv1 = nn.Conv2d(cin, cout, 3, padding=1)
        if temb:
            s.time_emb_proj = nn.Linear(temb, cout)
        s.norm2 = nn.GroupNorm(groups, cout, eps=eps)
        s.conv2 = nn.Conv2d(cout, cout, 3, padding=1)
        s.conv_shortcut = nn.Conv2d(cin, cout, 1) if cin != cout else None

    def forward(s, x, t=None):
        h = s.conv1(F.silu(s.norm1(x)))
        if t is not None:
            h = h + s.time_emb_proj(t)[:, :, None, None]  # t is already silu(temb)
        h = s.conv2(F.silu(s.norm2(h)))
        return (x if s.conv_shortcut is None else s.conv_shortcut(x)) + h


class Down(nn.Module):
    def __init__(s, c, pad):
        super().__init__()
        s.pad = pad
        s.conv = nn.Conv2d(c, c, 3, stride=2, padding=pad)

    def forward(s, x):
        return s.conv(x if s.pad else F.pad(x, (0, 1, 0, 1)))


class Up(nn.Module):
    def __init__(s, c):
        super().__init__()
        s.conv = nn.Conv2d(c, c, 3, padding=1)

    def forward(s, x):
        return s.conv(F.interpolate(x, scale_factor=2.0, mode='nearest'))


def _attend(q, k, v, h):
    """q [B,n,d], k and v [C,m,d]; with C < B each context serves B / C neighbouring samples (training only, exact and cheaper)"""
    b, n, d = q.shape
    c = k.shape[0]
    q, k, v = (t.reshape(c, -1, h, d // h).transpose(1, 2) for t in (q, k, v))
    return _sdpa(q, k, v).transpose(1, 2).reshape(b, n, d)


# ----------------------------------------------------------------- VAE
class VAttn(nn.Module):
    def __init__(s, c, groups):
        super().__init__()
        s.group_norm = nn.GroupNorm(groups, c, eps=1e-6)
        s.to_q, s.to_k, s.to_v = nn.Linear(c, c), nn.Linear(c, c), nn.Linear(c, c)
        s.to_out = nn.ModuleList([nn.Linear(c, c), nn.Dropout(0.0)])

    def forward(s, x):
        b, c, hh, ww = x.shape
        y = s.group_norm(x).flatten(2).transpose(1, 2)
        y = s.to_out[0](_attend(s.to_q(y), s.to_k(y), s.to_v(y), 1))
        return x + y.transpose(1, 2).reshape(b, c, hh, ww)


class VMid(nn.Module):
    def __init__(s, c, g):
        super().__init__()
        s.attentions = nn.ModuleList([VAttn(c, g)])
        s.resnets = nn.ModuleList([Res(c, c, 0, g, 1e-6) for _ in range(2)])

    def forward(s, x):
        return s.resnets[1](s.attentions[0](s.resnets[0](x)))


class VDown(nn.Module):
    def __init__(s, cin, cout, n, g, down):
        super().__init__()
        s.resnets = nn.ModuleList(Res(cin if i == 0 else cout, cout, 0, g, 1e-6) for i in range(n))
        if down:
            s.downsamplers = nn.ModuleList([Down(cout, 0)])
        s.down = down

    def forward(s, x):
        for r in s.resnets:
            x = r(x)
        return s.downsamplers[0](x) if s.down else x


class VUp(nn.Module):
    def __init__(s, cin, cout, n, g, up):
        super().__init__()
        s.resnets = nn.ModuleList(Res(cin if i == 0 else cout, cout, 0, g, 1e-6) for i in range(n))
        if up:
            s.upsamplers = nn.ModuleList([Up(cout)])
        s.up = up

    def forward(s, x):
        for r in s.resnets:
            x = r(x)
        return s.upsamplers[0](x) if s.up else x


class VEnc(nn.Module):
    def __init__(s, c):
        super().__init__()
        ch, g, n = c['block_out_channels'], c['norm_num_groups'], c['layers_per_block']
        s.conv_in = nn.Conv2d(c['in_channels'], ch[0], 3, padding=1)
        s.down_blocks = nn.ModuleList(
            VDown(ch[max(i - 1, 0)], ch[i], n, g, i < len(ch) - 1) for i in range(len(ch)))
        s.mid_block = VMid(ch[-1], g)
        s.conv_norm_out = nn.GroupNorm(g, ch[-1], eps=1e-6)
        s.conv_out = nn.Conv2d(ch[-1], 2 * c['latent_channels'], 3, padding=1)

    def forward(s, x):
        x = s.conv_in(x)
        for b in s.down_blocks:
            x = b(x)
        return s.conv_out(F.silu(s.conv_norm_out(s.mid_block(x))))


class VDec(nn.Module):
    def __init__(s, c):
        super().__init__()
        ch, g, n = c['block_out_channels'][::-1], c['norm_num_groups'], c['layers_per_block'] + 1
        s.conv_in = nn.Conv2d(c['latent_channels'], ch[0], 3, padding=1)
        s.up_blocks = nn.ModuleList(
            VUp(ch[max(i - 1, 0)], ch[i], n, g, i < len(ch) - 1) for i in range(len(ch)))
        s.mid_block = VMid(ch[0], g)
        s.conv_norm_out = nn.GroupNorm(g, ch[-1], eps=1e-6)
        s.conv_out = nn.Conv2d(ch[-1], c['out_channels'], 3, padding=1)

    def forward(s, z):
        x = s.mid_block(s.conv_in(z))
        for b in s.up_blocks:
            x = b(x)
        return s.conv_out(F.silu(s.conv_norm_out(x)))


class AutoencoderKL(nn.Module):
    def __init__(s, c):
        super().__init__()
        s.config = c
        z = c['latent_channels']
        s.encoder, s.decoder = VEnc(c), VDec(c)
        s.quant_conv = nn.Conv2d(2 * z, 2 * z, 1)
        s.post_quant_conv = nn.Conv2d(z, z, 1)

    def encode(s, x):
        m, lv = s.quant_conv(s.encoder(x)).chunk(2, 1)
        return m, lv.clamp(-30, 20)

    def decode(s, z):
        return s.decoder(s.post_quant_conv(z))


# ----------------------------------------------------------------- UNet
class XAttn(nn.Module):
    def __init__(s, d, ctx, h):
        super().__init__()
        s.h = h
        s.to_q = nn.Linear(d, d, bias=False)
        s.to_k = nn.Linear(ctx, d, bias=False)
        s.to_v = nn.Linear(ctx, d, bias=False)
        s.to_out = nn.ModuleList([nn.Linear(d, d), nn.Dropout(0.0)])

    def forward(s, x, c=None):
        c = x if c is None else c
        return s.to_out[0](_attend(s.to_q(x), s.to_k(c), s.to_v(c), s.h))


class GEGLU(nn.Module):
    def __init__(s, d, e):
        super().__init__()
        s.proj = nn.Linear(d, 2 * e)

    def forward(s, x):
        a, g = s.proj(x).chunk(2, -1)
        return a * F.gelu(g)


class FF(nn.Module):
    def __init__(s, d):
        super().__init__()
        s.net = nn.ModuleList([GEGLU(d, 4 * d), nn.Dropout(0.0), nn.Linear(4 * d, d)])

    def forward(s, x):
        return s.net[2](s.net[0](x))


class TBlock(nn.Module):
    def __init__(s, d, ctx, h):
        super().__init__()
        s.norm1 = nn.LayerNorm(d)
        s.attn1 = XAttn(d, d, h)
        s.norm2 = nn.LayerNorm(d)
        s.attn2 = XAttn(d, ctx, h)
        s.norm3 = nn.LayerNorm(d)
        s.ff = FF(d)

    def forward(s, x, c):
        x = x + s.attn1(s.norm1(x))
        x = x + s.attn2(s.norm2(x), c)
        return x + s.ff(s.norm3(x))


class T2D(nn.Module):
    def __init__(s, d, ctx, h, g):
        super().__init__()
        s.norm = nn.GroupNorm(g, d, eps=1e-6)
        s.proj_in = nn.Conv2d(d, d, 1)
        s.transformer_blocks = nn.ModuleList([TBlock(d, ctx, h)])
        s.proj_out = nn.Conv2d(d, d, 1)

    def forward(s, x, c):
        b, d, hh, ww = x.shape
        y = s.proj_in(s.norm(x)).flatten(2).transpose(1, 2)
        for t in s.transformer_blocks:
            y = t(y, c)
        return x + s.proj_out(y.transpose(1, 2).reshape(b, d, hh, ww))


class UDown(nn.Module):
    def __init__(s, cin, cout, temb, ctx, n, h, g, down):
        super().__init__()
        s.attentions = nn.ModuleList(T2D(cout, ctx, h, g) for _ in range(n))
        s.resnets = nn.ModuleList(Res(cin if i == 0 else cout, cout, temb, g, 1e-5) for i in range(n))
        if down:
            s.downsamplers = nn.ModuleList([Down(cout, 1)])
        s.down = down

    def forward(s, x, t, c, skips):
        for r, a in zip(s.resnets, s.attentions):
            x = a(r(x, t), c)
            skips.append(x)
        if s.down:
            x = s.downsamplers[0](x)
            skips.append(x)
        return x


class UMid(nn.Module):
    def __init__(s, d, temb, ctx, h, g):
        super().__init__()
        s.attentions = nn.ModuleList([T2D(d, ctx, h, g)])
        s.resnets = nn.ModuleList([Res(d, d, temb, g, 1e-5) for _ in range(2)])

    def forward(s, x, t, c):
        return s.resnets[1](s.attentions[0](s.resnets[0](x, t), c), t)


class UUp(nn.Module):
    def __init__(s, cin, cprev, cout, temb, ctx, n, h, g, up):
        super().__init__()
        s.attentions = nn.ModuleList(T2D(cout, ctx, h, g) for _ in range(n))
        s.resnets = nn.ModuleList(
            Res((cprev if i == 0 else cout) + (cin if i == n - 1 else cout), cout, temb, g, 1e-5) for i in range(n))
        if up:
            s.upsamplers = nn.ModuleList([Up(cout)])
        s.up = up

    def forward(s, x, t, c, skips):
        for r, a in zip(s.resnets, s.attentions):
            x = a(r(torch.cat([x, skips.pop()], 1), t), c)
        return s.upsamplers[0](x) if s.up else x


class TimeEmb(nn.Module):
    def __init__(s, d, e):
        super().__init__()
        s.linear_1 = nn.Linear(d, e)
        s.linear_2 = nn.Linear(e, e)

    def forward(s, x):
        return s.linear_2(F.silu(s.linear_1(x)))


class UNet2DConditionModel(nn.Module):
    def __init__(s, c):
        super().__init__()
        s.config = c
        ch, g, n, h = c['block_out_channels'], c['norm_num_groups'], c['layers_per_block'], c['attention_head_dim']
        ctx, e, L = c['cross_attention_dim'], 4 * c['block_out_channels'][0], len(c['block_out_channels'])
        s.conv_in = nn.Conv2d(c['in_channels'], ch[0], 3, padding=1)
        s.time_embedding = TimeEmb(ch[0], e)
        s.down_blocks = nn.ModuleList(
            UDown(ch[max(i - 1, 0)], ch[i], e, ctx, n, h, g, i < L - 1) for i in range(L))
        s.mid_block = UMid(ch[-1], e, ctx, h, g)
        r = ch[::-1]
        s.up_blocks = nn.ModuleList(
            UUp(r[min(i + 1, L - 1)], r[max(i - 1, 0)], r[i], e, ctx, n + 1, h, g, i < L - 1) for i in range(L))
        s.conv_norm_out = nn.GroupNorm(g, ch[0], eps=1e-5)
        s.conv_out = nn.Conv2d(ch[0], c['out_channels'], 3, padding=1)

    def forward(s, x, t, c):
        """x [B,C,h,w], t [B] timesteps, c [B,77,D]"""
        half = s.config['block_out_channels'][0] // 2
        f = torch.exp(-math.log(10000) * torch.arange(half, dtype=torch.float32, device=t.device) / half)
        a = t.float()[:, None] * f[None]
        t = F.silu(s.time_embedding(torch.cat([a.cos(), a.sin()], 1)))   # flip_sin_to_cos, freq_shift 0
        x = s.conv_in(x)
        skips = [x]
        for b in s.down_blocks:
            x = b(x, t, c, skips)
        x = s.mid_block(x, t, c)
        for b in s.up_blocks:
            x = b(x, t, c, skips)
        return s.conv_out(F.silu(s.conv_norm_out(x)))


# ----------------------------------------------------------------- DDIM
def alphas_cumprod(c):
    n = c['num_train_timesteps']
    b = torch.linspace(c['beta_start'] ** 0.5, c['beta_end'] ** 0.5, n, dtype=torch.float32) ** 2
    return torch.cumprod(1 - b, 0)


def ddim_timesteps(c, steps):
    r = c['num_train_timesteps'] // steps                 # "leading" spacing
    return [i * r + c['steps_offset'] for i in range(steps)][::-1]


@torch.no_grad()
def ddim_sample(unet, cfg, x, cond, uncond, steps=25, scale=5.0, trace=None):
    ac = alphas_cumprod(cfg)
    r = cfg['num_train_timesteps'] // steps
    ctx = torch.cat([uncond, cond])
    for t in ddim_timesteps(cfg, steps):
        e = unet(torch.cat([x, x]), torch.full((2 * x.shape[0],), t), ctx)
        eu, ec = e.chunk(2)
        e = eu + scale * (ec - eu)
        a = ac[t]
        ap = ac[t - r] if t - r >= 0 else (torch.tensor(1.0) if cfg['set_alpha_to_one'] else ac[0])
        x0 = (x - (1 - a) ** 0.5 * e) / a ** 0.5
        x = ap ** 0.5 * x0 + (1 - ap) ** 0.5 * e
        if trace is not None:
            trace.append(x.clone())
    return x


# ----------------------------------------------------------------- judges
class Detector(nn.Module):
    """judge A. input [B,3,64,64] in [-1,1]; conv3x3 stride s + batch norm + relu, global mean, two linear heads"""

    def __init__(s, c):
        super().__init__()
        s.config = c
        cin, L = 3, []
        for o, st in c['layers']:
            L.append(nn.ModuleDict({'conv': nn.Conv2d(cin, o, 3, stride=st, padding=1, bias=False),
                                    'bn': nn.BatchNorm2d(o)}))
            cin = o
        s.blocks = nn.ModuleList(L)
        s.object_head = nn.Linear(cin, len(c['objects']))
        s.style_head = nn.Linear(cin, len(c['styles']))

    def forward(s, x):
        for b in s.blocks:
            x = F.relu(b['bn'](b['conv'](x)))
        x = x.mean((2, 3))
        return s.object_head(x), s.style_head(x)


class DetectorB(nn.Module):
    """judge B. input [B,3,64,64] in [-1,1]; stem of conv3x3(stride 2, pad 1, bias)+relu, patch_embed conv2x2 stride 2 -> 8x8 tokens
    (row major) + position_embedding, pre-LN transformer blocks as in CLIPEncoderLayer (no mask, quick_gelu), final_layer_norm,
    mean over tokens, two linear heads"""

    def __init__(s, c):
        super().__init__()
        s.config = c
        cin, L = 3, []
        for o in c['stem']:
            L.append(nn.Conv2d(cin, o, 3, stride=2, padding=1)); cin = o
        s.stem = nn.ModuleList(L)
        d = c['hidden_size']
        s.patch_embed = nn.Conv2d(cin, d, c['patch_size'], stride=c['patch_size'])
        s.position_embedding = nn.Parameter(0.02 * torch.randn(c['num_tokens'], d))
        s.encoder = _CEnc(c)
        for l in s.encoder.layers:
            l.self_attn.causal = False
        s.final_layer_norm = nn.LayerNorm(d, eps=c['layer_norm_eps'])
        s.object_head = nn.Linear(d, len(c['objects']))
        s.style_head = nn.Linear(d, len(c['styles']))

    def forward(s, x):
        for b in s.stem:
            x = F.relu(b(x))
        x = s.patch_embed(x).flatten(2).transpose(1, 2) + s.position_embedding
        for l in s.encoder.layers:
            x = l(x)
        x = s.final_layer_norm(x).mean(1)
        return s.object_head(x), s.style_head(x)


def detect(judge, x):
    """x in [-1,1] -> object index, style index per picture, -1 where nothing passes its threshold"""
    r = []
    for logits, thr in zip(judge(x), (judge.config['object_thresholds'], judge.config['style_thresholds'])):
        p, k = logits.float().softmax(-1).max(-1)
        t = torch.tensor(list(thr) + [2.0], device=k.device)      # the last class is `other`: never a detection
        r.append(torch.where(p >= t[k], k, -1))
    return r
