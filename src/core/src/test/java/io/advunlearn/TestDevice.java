package io.advunlearn;

import ai.djl.Device;
import io.advunlearn.tensor.Devices;

/** The device that tests run on: the system property {@code advunlearn.test.device}, by default the CPU, for tests tagged {@code gpu} the first GPU. */
public final class TestDevice {

    private static final String PROPERTY = "advunlearn.test.device";

    private TestDevice() {
    }

    /** Of tests that run anywhere. */
    public static Device any() {
        return Devices.byName(System.getProperty(PROPERTY, "cpu"));
    }

    /** Of tests that compare a device with the CPU; they fail if it is not there. */
    public static Device gpu() {
        return Devices.byName(System.getProperty(PROPERTY, "gpu"));
    }
}
