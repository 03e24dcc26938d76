//! One source, several machine codes: loops that the compiler turns into vector instructions are compiled
//! once for any processor and again for those with wider vectors. Which one runs is found out at the call.
//!
//! All give the same numbers: nothing here reorders or fuses arithmetic.

/// Defines a function whose body is also compiled for AVX2 and AVX-512. What it calls must be
/// `#[inline(always)]` to share in it.
macro_rules! vectorised {
    (
        $(#[$attribute:meta])*
        $visibility:vis fn $name:ident($($argument:ident: $type:ty),* $(,)?) $(-> $result:ty)? $body:block
    ) => {
        $(#[$attribute])*
        #[cfg_attr(
            target_arch = "x86_64",
            expect(unsafe_code, reason = "wider vectors: 1.8x in split search, 2x in gradients")
        )]
        $visibility fn $name($($argument: $type),*) $(-> $result)? {
            #[inline(always)]
            fn anywhere($($argument: $type),*) $(-> $result)? $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2")]
                fn avx2($($argument: $type),*) $(-> $result)? {
                    anywhere($($argument),*)
                }
                #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
                fn avx512($($argument: $type),*) $(-> $result)? {
                    anywhere($($argument),*)
                }
                if $crate::simd::has_avx512() {
                    // SAFETY: the processor has what the function was compiled for.
                    return unsafe { avx512($($argument),*) };
                }
                if $crate::simd::has_avx2() {
                    // SAFETY: as above.
                    return unsafe { avx2($($argument),*) };
                }
            }
            anywhere($($argument),*)
        }
    };
}

pub(crate) use vectorised;

/// Whether the processor has the parts of AVX-512 that are used here: all that call themselves x86-64-v4 do.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(crate) fn has_avx512() -> bool {
    use std::arch::is_x86_feature_detected as has;
    has!("avx512f") && has!("avx512bw") && has!("avx512dq") && has!("avx512vl") && may_use(Level::Avx512)
}

/// Whether the processor has AVX2.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(crate) fn has_avx2() -> bool {
    std::arch::is_x86_feature_detected!("avx2") && may_use(Level::Avx2)
}

/// How wide vectors are.
#[cfg_attr(not(test), expect(dead_code, reason = "tests ask for every level"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Any,
    Avx2,
    Avx512,
}

/// Whether a test has asked for something less.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn may_use(level: Level) -> bool {
    #[cfg(test)]
    return level as u8 <= levels::HIGHEST.load(std::sync::atomic::Ordering::Relaxed);
    #[cfg(not(test))]
    {
        let _ = level;
        true
    }
}

/// Running code as a processor with narrower vectors would.
#[cfg(test)]
pub(crate) mod levels {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::Level;

    /// For all threads of the process, for work is handed from one to another. What other tests do meanwhile
    /// takes longer, and comes out the same.
    pub(super) static HIGHEST: AtomicU8 = AtomicU8::new(Level::Avx512 as u8);

    /// One test at a time may lower it.
    static TURN: Mutex<()> = Mutex::new(());

    /// What a function returns at each level, the narrowest first. Those that this processor does not have are
    /// the widest that it has.
    pub(crate) fn at_every_level<T>(run: impl Fn() -> T) -> Vec<(Level, T)> {
        let turn = TURN.lock();
        let at = |level: Level| {
            HIGHEST.store(level as u8, Ordering::Relaxed);
            (level, run())
        };
        let results = [Level::Any, Level::Avx2, Level::Avx512].map(at);
        drop(turn);
        results.into()
    }
}

#[cfg(test)]
mod tests {
    use super::levels::at_every_level;
    use crate::{Booster, Dataset, Features, Objective, Params, Sampling};

    fn noise(seed: u32, row: u32) -> f32 {
        let mixed = (row ^ seed.wrapping_mul(0x9e37_79b9)).wrapping_mul(0x85eb_ca6b);
        ((mixed ^ (mixed >> 13)).wrapping_mul(0xc2b2_ae35) >> 8) as f32 / (1 << 24) as f32
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn a_level_keeps_wider_vectors_from_use() {
        let [any, avx2, _] = &at_every_level(|| (super::has_avx2(), super::has_avx512()))[..] else {
            panic!("there are three levels");
        };
        assert_eq!(any.1, (false, false));
        assert!(!avx2.1.1);
    }

    #[test]
    fn every_level_fits_the_same_model_and_predicts_the_same() {
        // More rows than are divided at once, and not a multiple of any number of lanes.
        let rows = 9_001;
        let column = |value: &dyn Fn(u32) -> f32| (0..rows).map(value).collect::<Vec<f32>>();
        let plain = column(&|row| noise(1, row));
        let missing = column(&|row| if row % 9 == 0 { f32::NAN } else { noise(2, row).powi(3) * 1e6 });
        let wide = column(&|row| noise(3, row) - 0.5);
        let category = column(&|row| (noise(4, row) * 300.0).floor());
        let label = column(&|row| {
            let effect = 2.0 * plain[row as usize] + wide[row as usize] + category[row as usize] % 7.0;
            effect.max(0.0) * noise(5, row)
        });
        let weight = column(&|row| 0.5 + noise(6, row));
        let features = Features::new()
            .numeric("plain", &plain)
            .numeric("missing", &missing)
            .numeric("wide", &wide)
            .categorical("category", &category);
        let objectives = [
            Objective::Squared,
            Objective::Absolute,
            Objective::Huber { delta: 0.7 },
            Objective::Poisson,
            Objective::Tweedie { power: 1.4 },
            Objective::Quantile { level: 0.8 },
        ];
        for (index, objective) in objectives.into_iter().enumerate() {
            let sampling = match index % 3 {
                0 => Sampling::All,
                1 => Sampling::Bagging { fraction: 0.6, every: 2 },
                _ => Sampling::Goss { top: 0.2, other: 0.2 },
            };
            // Codes of one byte, and of two.
            let max_bin = if index % 2 == 0 { 255 } else { 1_000 };
            let params = Params {
                objective,
                sampling,
                max_bin,
                learning_rate: 0.3,
                trees: 8,
                threads: Some(1 + index % 2),
                ..Params::default()
            };
            let data = Dataset::new(features.clone(), &label);
            let data = if index % 2 == 0 { data.weight(&weight) } else { data };
            let results = at_every_level(|| {
                let model = Booster::fit(&params, &data, None).unwrap();
                let batch = model.predict(&features).unwrap();
                let rows: Vec<f64> = (0..200)
                    .map(|row| {
                        let row = [plain[row], missing[row], wide[row], category[row]];
                        model.predict_row(&row).unwrap()
                    })
                    .collect();
                let bits = |values: Vec<f64>| values.into_iter().map(f64::to_bits).collect::<Vec<_>>();
                (model.to_bytes().unwrap(), bits(batch), bits(rows))
            });
            let (_, first) = &results[0];
            for (level, result) in &results {
                assert!(result == first, "{params:?} at {level:?}");
            }
        }
    }
}
