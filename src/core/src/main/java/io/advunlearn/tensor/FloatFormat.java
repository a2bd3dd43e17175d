package io.advunlearn.tensor;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;

/** Widening of the stored floating point formats to fp32; exact for all three. */
final class FloatFormat {

    private FloatFormat() { }

    static boolean isFloat(String dtype) {
        return dtype.equals("F32") || dtype.equals("F16") || dtype.equals("BF16");
    }

    /** Bytes an element. @throws SafetensorsException if the tensor is no F32, F16 or BF16 */
    static int bytes(Safetensors file, String tensor) {
        String dtype = file.info(tensor).dtype();
        if (!isFloat(dtype)) {
            throw new SafetensorsException(file.path() + ": tensor " + tensor + " is " + dtype + "; F32, F16 or BF16 is needed");
        }
        return dtype.equals("F32") ? 4 : 2;
    }

    static void widen(String dtype, ByteBuffer source, FloatBuffer target) {
        if (dtype.equals("F32")) {
            target.put(source.asFloatBuffer());
            return;
        }
        boolean half = dtype.equals("F16");
        ShortBuffer shorts = source.asShortBuffer();
        while (shorts.hasRemaining()) {
            short bits = shorts.get();
            target.put(half ? fromHalf(bits) : Float.intBitsToFloat(bits << 16));
        }
    }

    /** IEEE 754 binary16 to binary32 (Java has this only from 20 on). */
    static float fromHalf(short bits) {
        int sign = (bits & 0x8000) << 16;
        int exponent = bits >> 10 & 0x1f;
        int fraction = bits & 0x3ff;
        if (exponent == 0) {
            float magnitude = fraction * 0x1p-24f;
            return sign == 0 ? magnitude : -magnitude;
        }
        int widened = exponent == 0x1f ? 0xff : exponent + 112;
        return Float.intBitsToFloat(sign | widened << 23 | fraction << 13);
    }
}
