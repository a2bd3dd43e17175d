package io.advunlearn.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.advunlearn.tensor.Aten;
import io.advunlearn.tensor.Scope;
import io.advunlearn.tensor.TensorSource;
import io.advunlearn.tensor.Tensors;
import io.advunlearn.tensor.WeightFiles;
import io.advunlearn.tensor.Weights;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * UNet2DConditionModel of diffusers, driven by config.json. Immutable. Takes any floating point type and gives fp32, whatever its weights are: in
 * half precision the timesteps' sines and cosines stay fp32, as does what is done with the prediction.
 */
public final class UNet2DConditionModel {

    /** The name of the weights file in a folder of diffusers, without ending. */
    public static final String WEIGHTS = "diffusion_pytorch_model";

    private final UNet2DConditionConfig config;
    private final Weights weights;
    private final DataType dataType;
    private final Timesteps timeProj;
    private final TimestepEmbedding timeEmbedding;
    private final TextTimeEmbedding textTimeEmbedding;
    private final Conv2d convIn;
    private final List<UNetSegment> segments = new ArrayList<>();
    private final List<KeyValue> keyValues = new ArrayList<>();
    private final List<Attention> crossAttentions = new ArrayList<>();

    /** @throws IllegalArgumentException if a tensor is missing or its shape does not fit the configuration */
    public UNet2DConditionModel(UNet2DConditionConfig config, Weights weights) {
        this(config, weights, weights.get("conv_in.weight").getManager());
    }

    /**
     * For weights that belong to several managers.
     *
     * @param manager owns what the network computes from its configuration
     * @throws IllegalArgumentException if a tensor is missing or its shape does not fit the configuration
     */
    public UNet2DConditionModel(UNet2DConditionConfig config, Weights weights, NDManager manager) {
        this.config = config;
        this.weights = weights;
        dataType = weights.dataType();
        int first = config.blockOutChannels().get(0);
        convIn = Conv2d.same3x3(weights.at("conv_in"), config.inChannels(), first);
        timeProj = new Timesteps(manager, first, config.flipSinToCos(), config.freqShift());
        timeEmbedding = new TimestepEmbedding(weights.at("time_embedding"), first, config.timeEmbedding());
        textTimeEmbedding = config.textTime() == null ? null : new TextTimeEmbedding(weights, manager, config);
        for (int i = 0; i < config.levels(); i++) {
            CrossAttnDownBlock2D block = new CrossAttnDownBlock2D(weights.at("down_blocks").at(i), config, i);
            segments.addAll(block.segments());
            collect("down_blocks." + i, block.attentions());
        }
        if (config.midBlock()) {
            UNetMidBlock2DCrossAttn block = new UNetMidBlock2DCrossAttn(weights.at("mid_block"), config);
            segments.add(block.segment());
            collect("mid_block", List.of(block.attention()));
        }
        for (int i = 0; i < config.levels(); i++) {
            CrossAttnUpBlock2D block = new CrossAttnUpBlock2D(weights.at("up_blocks").at(i), config, i);
            segments.addAll(block.segments());
            collect("up_blocks." + i, block.attentions());
        }
        GroupNorm convNormOut = GroupNorm.of(weights.at("conv_norm_out"), first, config.normNumGroups(), config.normEps());
        Conv2d convOut = Conv2d.same3x3(weights.at("conv_out"), first, config.outChannels());
        segments.add(new UNetSegment(UNetSegment.Skip.KEPT, (input, context) -> convOut.forward(convNormOut.forwardSilu(input.x()))));
    }

    /** Reads {@code config.json} and the weights, in one file or in shards. Weights live in {@code manager}. */
    public static UNet2DConditionModel load(Path directory, NDManager manager, Device device) {
        UNet2DConditionConfig config = UNet2DConditionConfig.read(directory.resolve("config.json"));
        try (TensorSource file = WeightFiles.open(directory, WEIGHTS)) {
            return new UNet2DConditionModel(config, Weights.load(file, manager, device));
        }
    }

    public UNet2DConditionConfig config() {
        return config;
    }

    /** The tensors it was made of (names as in the state dict). */
    public Weights weights() {
        return weights;
    }

    public int inChannels() {
        return config.inChannels();
    }

    public int sampleSize() {
        return config.sampleSize();
    }

    /**
     * @param sample [B, C, H, W]
     * @param timesteps [B] fp32
     * @param encoderHiddenStates [B, N, crossAttentionDim]
     * @return predicted noise [B, C, H, W]
     */
    public NDArray forward(NDArray sample, NDArray timesteps, NDArray encoderHiddenStates) {
        try (Scope scope = new Scope()) {
            return scope.keep(forward(sample, timesteps, context(encoderHiddenStates)));
        }
    }

    /**
     * The keys and values of all cross-attention layers, for many forwards with one text.
     *
     * @param encoderHiddenStates [B, N, crossAttentionDim]; the arrays of the result attach to its manager
     */
    public CrossAttentionContext context(NDArray encoderHiddenStates) {
        return CrossAttentionContext.prepared(crossAttentions, Tensors.cast(encoderHiddenStates, dataType));
    }

    /** As the other forward, with the text already turned into keys and values. */
    public NDArray forward(NDArray sample, NDArray timesteps, CrossAttentionContext context) {
        return forward(sample, timesteps, context, (AddedConditions) null);
    }

    /**
     * As the other forwards, for denoisers of every family.
     *
     * @param addedOrNull what the SDXL family reads besides; {@code null} for the others
     * @throws IllegalArgumentException if it is missing where the configuration needs it, or there where it does not
     */
    public NDArray forward(NDArray sample, NDArray timesteps, CrossAttentionContext context, AddedConditions addedOrNull) {
        ParallelRows parallel = context.canSplit() ? ParallelRows.of(sample) : null;
        return parallel == null ? predict(sample, timesteps, context, addedOrNull)
                : parallel.forward(sample, timesteps, context, addedOrNull, this::predict);
    }

    private NDArray predict(NDArray sample, NDArray timesteps, CrossAttentionContext context, AddedConditions addedOrNull) {
        try (Scope scope = new Scope()) {
            NDArray predicted = forward(Tensors.cast(sample, dataType), activatedTime(timesteps, addedOrNull), context, input -> { });
            return scope.keep(Tensors.cast(predicted, DataType.FLOAT32));
        }
    }

    /**
     * As the other forwards, in the caller's scope, which the segments' inputs live as long as.
     *
     * @param activatedTime of {@link #activatedTime}
     * @param inputs is given what goes into each of {@link #segments}, in order
     */
    NDArray forward(NDArray sample, NDArray activatedTime, CrossAttentionContext context, Consumer<UNetSegment.Input> inputs) {
        NDArray x = convIn.forward(sample);
        Deque<NDArray> skips = new ArrayDeque<>();
        skips.push(x);
        for (UNetSegment segment : segments) {
            UNetSegment.Input input = new UNetSegment.Input(x, skips.peek(), activatedTime);
            inputs.accept(input);
            x = segment.forward(input, context);
            segment.update(skips, x);
        }
        return x;
    }

    /** What all residual blocks read of the timesteps [B]: [B, timeEmbedding]. */
    NDArray activatedTime(NDArray timesteps, AddedConditions addedOrNull) {
        if ((addedOrNull == null) != (textTimeEmbedding == null)) {
            throw new IllegalArgumentException(addedOrNull == null ? "this UNet (addition_embed_type text_time) needs the pooled text and the picture's sizes"
                    : "this UNet reads no pooled text and no picture sizes");
        }
        NDArray time = timeEmbedding.forward(Tensors.cast(timeProj.forward(timesteps), dataType));
        return Aten.silu(addedOrNull == null ? time : time.add(textTimeEmbedding.forward(addedOrNull)));
    }

    /** The network behind its first convolution, whose output is the first skip connection. */
    List<UNetSegment> segments() {
        return segments;
    }

    /** The cross-attention layers' (to_k, to_v) weights, each [inner, crossAttentionDim], in order of use. */
    public List<KeyValue> crossAttentionKeyValues() {
        return List.copyOf(keyValues);
    }

    /**
     * What the cross-attention layers ask the text, for {@link KeyValueDistance#attentionDistance}.
     *
     * @return for each layer, in the order of {@link #crossAttentionKeyValues()}, [B, N, heads, headDim], owned by the manager of
     *     {@code sample}
     */
    public List<NDArray> crossAttentionQueries(NDArray sample, NDArray timesteps, NDArray encoderHiddenStates) {
        try (Scope scope = new Scope()) {
            CrossAttentionContext context = context(encoderHiddenStates);
            Map<Attention, NDArray> queries = context.keepQueries(sample.getManager());
            forward(sample, timesteps, context);
            return crossAttentions.stream().map(queries::get).toList();
        }
    }

    /** @param name state-dict path of the layer, ending in {@code attn2} */
    public record KeyValue(String name, NDArray toK, NDArray toV) { }

    private void collect(String path, List<Transformer2DModel> attentions) {
        for (int i = 0; i < attentions.size(); i++) {
            List<BasicTransformerBlock> blocks = attentions.get(i).blocks();
            for (int j = 0; j < blocks.size(); j++) {
                Attention layer = blocks.get(j).crossAttention();
                crossAttentions.add(layer);
                keyValues.add(new KeyValue(path + ".attentions." + i + ".transformer_blocks." + j + ".attn2", layer.keyWeight(), layer.valueWeight()));
            }
        }
    }
}
