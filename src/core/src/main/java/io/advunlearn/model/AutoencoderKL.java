package io.advunlearn.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.tensor.Scope;
import io.advunlearn.tensor.TensorSource;
import io.advunlearn.tensor.Tensors;
import io.advunlearn.tensor.WeightFiles;
import io.advunlearn.tensor.Weights;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/** AutoencoderKL of diffusers. Immutable. Takes and gives fp32, whatever it computes in. Results belong to the manager of the input. */
public final class AutoencoderKL {

    /** As many pixels as one picture of Stable Diffusion 1 has. */
    private static final long PIECE_PIXELS = 512 * 512;

    private final AutoencoderKLConfig config;
    private final VaeEncoder encoder;
    private final VaeDecoder decoder;
    private final Conv2d quantConv;
    private final Conv2d postQuantConv;
    private final DataType dataType;
    private final TiledDecoding tiling;
    private final int largestWhole;

    /** Decodes every picture as a whole. @throws IllegalArgumentException if a tensor is missing or its shape does not fit the configuration */
    public AutoencoderKL(AutoencoderKLConfig config, Weights weights) {
        this.config = config;
        int latent = config.latentChannels();
        encoder = new VaeEncoder(weights.at("encoder"), config);
        decoder = new VaeDecoder(weights.at("decoder"), config);
        quantConv = config.useQuantConv() ? Conv2d.pointwise(weights.at("quant_conv"), 2L * latent, 2L * latent) : null;
        postQuantConv = config.usePostQuantConv() ? Conv2d.pointwise(weights.at("post_quant_conv"), latent, latent) : null;
        dataType = weights.dataType();
        tiling = null;
        largestWhole = Integer.MAX_VALUE;
    }

    private AutoencoderKL(AutoencoderKL other, TiledDecoding tiling, int largestWhole) {
        this.config = other.config;
        this.encoder = other.encoder;
        this.decoder = other.decoder;
        this.quantConv = other.quantConv;
        this.postQuantConv = other.postQuantConv;
        this.dataType = other.dataType;
        this.tiling = tiling;
        this.largestWhole = largestWhole;
    }

    /** Whether {@link #tiled} can be asked for: tiles of the configuration's {@code sample_size} fit together. */
    public boolean canTile() {
        return TiledDecoding.of(config).isPresent();
    }

    /**
     * The same network, which decodes large pictures in tiles as diffusers does after {@code enable_tiling()}.
     *
     * @param largestWhole pixels of the longer side up to which a picture is decoded as a whole; never less than a tile's
     * @throws IllegalArgumentException if tiles of the configuration's {@code sample_size} do not fit together
     */
    public AutoencoderKL tiled(int largestWhole) {
        TiledDecoding tiles = TiledDecoding.of(config).orElseThrow(() -> new IllegalArgumentException("this VAE's sample_size " + config.sampleSize()
                + " cannot be tiled: three quarters of a tile must be whole cells of " + downscale() + " pixels"));
        return new AutoencoderKL(this, tiles, Math.max(largestWhole, config.sampleSize()));
    }

    /** Whether {@link #decode} of latents [B, C, h, w] makes tiles. */
    public boolean tiles(NDArray latents) {
        long longer = Math.max(latents.getShape().get(2), latents.getShape().get(3));
        return tiling != null && longer * downscale() > largestWhole && tiling.splits(latents);
    }

    /** Reads {@code config.json} and the weights, in one file or in shards. Weights live in {@code manager}. */
    public static AutoencoderKL load(Path directory, NDManager manager, Device device) {
        AutoencoderKLConfig config = AutoencoderKLConfig.read(directory.resolve("config.json"));
        try (TensorSource file = WeightFiles.open(directory, UNet2DConditionModel.WEIGHTS)) {
            return new AutoencoderKL(config, Weights.load(file, manager, device));
        }
    }

    public double scalingFactor() {
        return config.scalingFactor();
    }

    /** What it computes in. */
    public DataType dataType() {
        return dataType;
    }

    public AutoencoderKLConfig config() {
        return config;
    }

    /** From the denoiser's latents [B, C, h, w] to those that {@link #decode} reads, as diffusers' pipelines do. */
    public NDArray unscaled(NDArray latents) {
        if (config.latentsMean() == null) {
            return latents.div((float) config.scalingFactor());
        }
        try (Scope scope = new Scope()) {
            NDManager manager = latents.getManager();
            NDArray scaled = latents.mul(channels(manager, config.latentsStd())).div((float) config.scalingFactor());
            return scope.keep(scaled.add(channels(manager, config.latentsMean())));
        }
    }

    private static NDArray channels(NDManager manager, List<Double> values) {
        float[] floats = new float[values.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = values.get(i).floatValue();
        }
        return Tensors.of(manager, floats, new Shape(1, floats.length, 1, 1));
    }

    public int latentChannels() {
        return config.latentChannels();
    }

    /** Pixels per latent cell (8 for Stable Diffusion). */
    public int downscale() {
        return 1 << config.levels() - 1;
    }

    /** @param latents [B, C, h, w], already divided by the scaling factor; @return [B, 3, H, W], about [-1, 1] */
    public NDArray decode(NDArray latents) {
        return decode(latents, Supplier::get);
    }

    /**
     * As the other form, in pieces that each take bounded time and memory: one tile, one picture (diffusers' {@code enable_slicing}), or a few small ones.
     *
     * @param piece runs each of them
     */
    public NDArray decode(NDArray latents, Function<Supplier<NDArray>, NDArray> piece) {
        long rows = latents.getShape().get(0);
        long together = Math.max(1, PIECE_PIXELS / (latents.getShape().get(2) * latents.getShape().get(3) * downscale() * downscale()));
        if (rows <= together) {
            return decodeTogether(latents, piece);
        }
        try (Scope scope = new Scope()) {
            NDList slices = new NDList();
            for (long row = 0; row < rows; row += together) {
                slices.add(decodeTogether(latents.get(new NDIndex(row + ":" + Math.min(row + together, rows))), piece));
            }
            return scope.keep(piece.apply(() -> NDArrays.concat(slices)));
        }
    }

    private NDArray decodeTogether(NDArray latents, Function<Supplier<NDArray>, NDArray> piece) {
        return tiles(latents) ? tiling.decode(latents, this::decodeWhole, piece) : piece.apply(() -> decodeWhole(latents));
    }

    private NDArray decodeWhole(NDArray latents) {
        try (Scope scope = new Scope()) {
            NDArray own = Tensors.cast(latents, dataType);
            return scope.keep(Tensors.cast(decoder.forward(postQuantConv == null ? own : postQuantConv.forward(own)), DataType.FLOAT32));
        }
    }

    /** @param images [B, 3, H, W] in [-1, 1]; @return posterior mean [B, C, h, w], not scaled */
    public NDArray encodeMean(NDArray images) {
        try (Scope scope = new Scope()) {
            return scope.keep(encodeMoments(images).get(new NDIndex(":, :" + latentChannels())).duplicate());
        }
    }

    /** Mean and log-variance [B, 2C, h, w]; the log-variance is not clamped to diffusers' [-30, 20]. */
    public NDArray encodeMoments(NDArray images) {
        try (Scope scope = new Scope()) {
            NDArray moments = encoder.forward(Tensors.cast(images, dataType));
            return scope.keep(Tensors.cast(quantConv == null ? moments : quantConv.forward(moments), DataType.FLOAT32));
        }
    }
}
