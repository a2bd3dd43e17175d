package io.advunlearn.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.advunlearn.Fixture;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AutoencoderKLTest {

    @ParameterizedTest
    @CsvSource({"vae_attention, 4, 2, 0.5", "vae_plain, 3, 4, 1.25"})
    void bothWaysGiveWhatDiffusersGives(String name, int latentChannels, int downscale, double scalingFactor) {
        try (Fixture fixture = new Fixture(name)) {
            AutoencoderKL model = new AutoencoderKL(AutoencoderKLConfig.read(fixture.config()), fixture.weights());
            fixture.assertClose(model.encodeMoments(fixture.get("image")), "moments");
            fixture.assertClose(model.encodeMean(fixture.get("image")), "mean");
            fixture.assertClose(model.decode(fixture.get("latent")), "decoded");
            assertThat(model.latentChannels()).isEqualTo(latentChannels);
            assertThat(model.downscale()).isEqualTo(downscale);
            assertThat(model.scalingFactor()).isEqualTo(scalingFactor);
        }
    }
}
