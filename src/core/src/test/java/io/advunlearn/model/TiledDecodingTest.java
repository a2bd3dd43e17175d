package io.advunlearn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.Fixture;
import io.advunlearn.tensor.Noise;
import io.advunlearn.tensor.Tensors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TiledDecodingTest {

    private static AutoencoderKL vae(Fixture weights) {
        return new AutoencoderKL(AutoencoderKLConfig.read(weights.config()), weights.weights());
    }

    @ParameterizedTest
    @ValueSource(strings = {"5x8", "4x7", "9x3"})
    void tilesAreThoseOfDiffusers(String size) {
        try (Fixture weights = new Fixture("vae_attention"); Fixture fixture = new Fixture("vae_tiled")) {
            AutoencoderKL vae = vae(weights).tiled(0);
            NDArray latents = fixture.get("latent_" + size);
            assertThat(vae.tiles(latents)).isTrue();
            fixture.assertClose(vae.decode(latents), "tiled_" + size);
            int arrays = fixture.manager().getManagedArrays().size();
            vae.decode(latents).close();
            assertThat(fixture.manager().getManagedArrays()).as("arrays left behind").hasSize(arrays);
        }
    }

    /** A tile is 8 pixels, four cells, wide. */
    @Test
    void onlyLargePicturesAreTiled() {
        try (Fixture weights = new Fixture("vae_attention")) {
            AutoencoderKL vae = vae(weights);
            NDArray small = new Noise(1).normal(weights.manager(), new Shape(1, 4, 4, 4));
            NDArray wide = new Noise(1).normal(weights.manager(), new Shape(1, 4, 4, 6));
            assertThat(vae.tiles(wide)).isFalse();
            assertThat(vae.tiled(0).tiles(small)).isFalse();
            assertThat(vae.tiled(0).tiles(wide)).isTrue();
            assertThat(vae.tiled(12).tiles(wide)).isFalse();
            assertThat(Tensors.floats(vae.tiled(12).decode(wide))).isEqualTo(Tensors.floats(vae.decode(wide)));
        }
    }

    @Test
    void aTileIsAPieceOfWork() {
        try (Fixture weights = new Fixture("vae_attention"); Fixture fixture = new Fixture("vae_tiled")) {
            AtomicInteger pieces = new AtomicInteger();
            vae(weights).tiled(0).decode(fixture.get("latent_5x8"), work -> {
                pieces.incrementAndGet();
                return work.get();
            });
            // six tiles, two rows, the picture
            assertThat(pieces).hasValue(6 + 2 + 1);
        }
    }

    /** 512 x 512 pixels are a piece of work, of which 2 pictures of 256 x 512 make one and 3 make two. */
    @Test
    void largePicturesOfABatchAreDecodedOneAfterTheOther() {
        try (Fixture weights = new Fixture("vae_attention")) {
            AutoencoderKL vae = vae(weights);
            NDArray latents = new Noise(1).normal(weights.manager(), new Shape(3, 4, 128, 256));
            AtomicInteger pieces = new AtomicInteger();
            NDArray decoded = vae.decode(latents, work -> {
                pieces.incrementAndGet();
                return work.get();
            });
            assertThat(pieces).hasValue(2 + 1);
            Fixture.assertClose(Tensors.floats(decoded.get("2:3")), Tensors.floats(vae.decode(latents.get("2:3"))), "third picture");
        }
    }

    /** Three quarters of two cells. */
    @Test
    void tilesThatDoNotFitTogetherAreRefused() {
        try (Fixture weights = new Fixture("vae_plain")) {
            AutoencoderKL vae = vae(weights);
            assertThat(vae.canTile()).isFalse();
            assertThatThrownBy(() -> vae.tiled(0)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("this VAE's sample_size 8 cannot be tiled: three quarters of a tile must be whole cells of 4 pixels");
        }
    }
}
