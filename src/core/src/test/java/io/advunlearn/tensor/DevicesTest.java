package io.advunlearn.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.Device;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DevicesTest {

    @Test
    void theCpu() {
        assertThat(Devices.byName("cpu")).isEqualTo(Device.cpu());
        assertThat(Devices.usedMemory(Device.cpu())).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "tpu", "gpu:0", "gpu-1", "GPU", "cpu0"})
    void otherNamesAreRefused(String name) {
        assertThatIllegalArgumentException().isThrownBy(() -> Devices.byName(name)).withMessageContaining("accepted: cpu, gpu, gpu<index>");
    }

    @Test
    void aGpuThatIsNotThereIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> Devices.byName("gpu99")).withMessageStartingWith("device gpu99 cannot be used: ");
    }
}
