package io.advunlearn.model;

import ai.djl.ndarray.NDArray;
import io.advunlearn.tensor.Scope;
import io.advunlearn.tensor.Weights;
import java.util.ArrayList;
import java.util.List;

/** diffusers' {@code Encoder} of {@code DownEncoderBlock2D}s. */
final class VaeEncoder {

    private final Conv2d convIn;
    private final List<List<ResnetBlock2D>> levels = new ArrayList<>();
    private final List<Downsample2D> downsamplers = new ArrayList<>();
    private final VaeMidBlock2D midBlock;
    private final GroupNorm convNormOut;
    private final Conv2d convOut;

    VaeEncoder(Weights weights, AutoencoderKLConfig config) {
        List<Integer> channels = config.blockOutChannels();
        int lowest = channels.get(config.levels() - 1);
        convIn = Conv2d.same3x3(weights.at("conv_in"), config.inChannels(), channels.get(0));
        for (int level = 0; level < config.levels(); level++) {
            Weights block = weights.at("down_blocks").at(level);
            List<ResnetBlock2D> resnets = new ArrayList<>();
            for (int i = 0; i < config.layersPerBlock(); i++) {
                int in = channels.get(i == 0 && level > 0 ? level - 1 : level);
                resnets.add(new ResnetBlock2D(block.at("resnets").at(i), in, channels.get(level), 0, config.normNumGroups(), VaeMidBlock2D.EPS));
            }
            levels.add(resnets);
            if (level < config.levels() - 1) {
                downsamplers.add(new Downsample2D(block.at("downsamplers").at(0), channels.get(level), 0));
            }
        }
        midBlock = new VaeMidBlock2D(weights.at("mid_block"), config);
        convNormOut = GroupNorm.of(weights.at("conv_norm_out"), lowest, config.normNumGroups(), VaeMidBlock2D.EPS);
        convOut = Conv2d.same3x3(weights.at("conv_out"), lowest, 2L * config.latentChannels());
    }

    /** @param images [B, in, H, W]; @return [B, 2 latent, h, w] */
    NDArray forward(NDArray images) {
        try (Scope scope = new Scope()) {
            NDArray x = convIn.forward(images);
            for (int level = 0; level < levels.size(); level++) {
                for (ResnetBlock2D resnet : levels.get(level)) {
                    x = resnet.forward(x, null);
                }
                x = level < downsamplers.size() ? downsamplers.get(level).forward(x) : x;
            }
            return scope.keep(convOut.forward(convNormOut.forwardSilu(midBlock.forward(x))));
        }
    }
}
