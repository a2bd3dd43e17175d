package io.advunlearn.model;

import ai.djl.ndarray.NDArray;
import io.advunlearn.tensor.Scope;
import io.advunlearn.tensor.Weights;
import java.util.ArrayList;
import java.util.List;

/** diffusers' {@code Decoder} of {@code UpDecoderBlock2D}s. */
final class VaeDecoder {

    private final Conv2d convIn;
    private final VaeMidBlock2D midBlock;
    private final List<List<ResnetBlock2D>> levels = new ArrayList<>();
    private final List<Upsample2D> upsamplers = new ArrayList<>();
    private final GroupNorm convNormOut;
    private final Conv2d convOut;

    VaeDecoder(Weights weights, AutoencoderKLConfig config) {
        List<Integer> channels = config.blockOutChannels();
        int lowest = config.levels() - 1;
        convIn = Conv2d.same3x3(weights.at("conv_in"), config.latentChannels(), channels.get(lowest));
        midBlock = new VaeMidBlock2D(weights.at("mid_block"), config);
        for (int index = 0; index <= lowest; index++) {
            Weights block = weights.at("up_blocks").at(index);
            int out = channels.get(lowest - index);
            List<ResnetBlock2D> resnets = new ArrayList<>();
            for (int i = 0; i <= config.layersPerBlock(); i++) {
                int in = i == 0 && index > 0 ? channels.get(lowest - index + 1) : out;
                resnets.add(new ResnetBlock2D(block.at("resnets").at(i), in, out, 0, config.normNumGroups(), VaeMidBlock2D.EPS));
            }
            levels.add(resnets);
            if (index < lowest) {
                upsamplers.add(new Upsample2D(block.at("upsamplers").at(0), out));
            }
        }
        convNormOut = GroupNorm.of(weights.at("conv_norm_out"), channels.get(0), config.normNumGroups(), VaeMidBlock2D.EPS);
        convOut = Conv2d.same3x3(weights.at("conv_out"), channels.get(0), config.outChannels());
    }

    /** @param latents [B, latent, h, w]; @return [B, out, H, W] */
    NDArray forward(NDArray latents) {
        try (Scope scope = new Scope()) {
            NDArray x = midBlock.forward(convIn.forward(latents));
            for (int level = 0; level < levels.size(); level++) {
                for (ResnetBlock2D resnet : levels.get(level)) {
                    x = resnet.forward(x, null);
                }
                x = level < upsamplers.size() ? upsamplers.get(level).forward(x, 2 * x.getShape().get(2), 2 * x.getShape().get(3)) : x;
            }
            return scope.keep(convOut.forward(convNormOut.forwardSilu(x)));
        }
    }
}
